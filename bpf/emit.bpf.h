/* SPDX-License-Identifier: GPL-2.0 */
/* How a record is made: reserve in this CPU's ring, fill, take (time, sequence number), submit. */
#ifndef MIRRORSCOPE_BPF_EMIT_H
#define MIRRORSCOPE_BPF_EMIT_H

#include "bpf/fields.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/state.bpf.h"
#include "schema/events.h"

/*
 * A program copies and nothing else:
 *
 *	return EMIT(itree_end, mm, .subs = ID(subs), .seq = GET(subs, invalidate_seq), ...);
 *
 * EMIT asks whether a record about this mm is wanted, RECORD is for who has asked. Values are looked at only when the record is made, in this
 * order, each stored as it is known: a later one may look at an earlier one, `.end = e->start + length`. A field that is left out does
 * not compile; pads are zeroed here. Both are 0, what a program returns.
 *
 * What fills its record otherwise has the two halves, RESERVE and SUBMIT. RESERVE counts the loss itself when the ring is full.
 */

/*
 * Takes the next sequence number of this CPU and the time in one indivisible step, as far as other programs on this CPU
 * can tell: programs may preempt each other here (only migration is off), so the number is taken by compare-exchange
 * around the clock read. If it succeeds nobody took a number in between, hence seq order == time order on one CPU.
 */
static __always_inline void stamp(struct ev_header *h, struct ms_cpu *c)
{
	u64 seq, now;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		seq = *(volatile u64 *)&c->next_seq;
		now = bpf_ktime_get_ns();
		if (__sync_val_compare_and_swap(&c->next_seq, seq, seq + 1) == seq) {
			h->seq = (u32)seq;
			h->time = now;
			return;
		}
	}
	__sync_fetch_and_add(&c->misordered, 1);
	h->seq = (u32)__sync_fetch_and_add(&c->next_seq, 1);
	h->time = bpf_ktime_get_ns();
}

static __always_inline void *reserve(u64 size)
{
	u32 cpu = bpf_get_smp_processor_id();
	void *ring = bpf_map_lookup_elem(&SHARED(rings), &cpu);
	void *record = ring ? bpf_ringbuf_reserve(ring, size, 0) : 0;

	if (!record) {
		struct ms_cpu *c = &SHARED(cpus)[cpu & (MS_MAX_CPUS - 1)];

		/* the lost record still takes a number: the gap is where it would have been */
		__sync_fetch_and_add(&c->next_seq, 1);
		__sync_fetch_and_add(&c->dropped, 1);
	}
	return record;
}

static __always_inline void submit(struct ev_header *h, u16 id, u64 mm)
{
	u64 who = bpf_get_current_pid_tgid();
	u32 cpu = bpf_get_smp_processor_id();

	h->id = id;
	h->cpu = cpu;
	h->mm = mm;
	h->tid = (u32)who;
	h->tgid = who >> 32;
	if (!SHARED(spoke)[(u32)who & (MS_SPOKE - 1)])
		SHARED(spoke)[(u32)who & (MS_SPOKE - 1)] = 1;
	stamp(h, &SHARED(cpus)[cpu & (MS_MAX_CPUS - 1)]);
	/* waking the consumer costs more than the record: do it once in MS_WAKE_EVERY, a timer in the collector does
	 * the rest */
	bpf_ringbuf_submit(h, h->seq & (MS_WAKE_EVERY - 1) ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
}

#define RESERVE(name) ((struct ev_##name *)reserve(sizeof(struct ev_##name)))
#define SUBMIT(name, e, mm) submit(&(e)->h, EV_##name, (u64)(mm))

#define RECORD(name, mm, ...)                                                                                          \
	({                                                                                                             \
		struct ev_##name *e = RESERVE(name);                                                                   \
                                                                                                                       \
		_Static_assert(MS_COUNT(__VA_ARGS__) == (MS_ROW_##name & ~MS_PADDED),                                  \
			       "a field of " #name " is left out");                                                    \
		if (e) {                                                                                               \
			MS_EACH(MS_STORE, __VA_ARGS__)                                                                 \
			if (MS_ROW_##name & MS_PADDED)                                                                 \
				((u32 *)(e + 1))[-1] = 0;                                                              \
			SUBMIT(name, e, mm);                                                                           \
		}                                                                                                      \
		0;                                                                                                     \
	})

#define EMIT(name, mm, ...)                                                                                            \
	({                                                                                                             \
		const void *_mm = (const void *)(mm);                                                                  \
		wanted(_mm) ? RECORD(name, _mm, __VA_ARGS__) : 0;                                                      \
	})

#endif
