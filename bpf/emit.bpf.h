/* SPDX-License-Identifier: GPL-2.0 */
/* How a record is made: reserve in this CPU's ring, fill, take (time, sequence number), submit. */
#ifndef MIRRORSCOPE_BPF_EMIT_H
#define MIRRORSCOPE_BPF_EMIT_H

#include "bpf/kernel.bpf.h"
#include "bpf/shared.h"
#include "schema/events.h"

/*
 * A program copies and nothing else:
 *
 *	struct ev_inv_end *e = RESERVE(inv_end);
 *	if (e) {
 *		e->range = (u64)range;
 *		...
 *		SUBMIT(inv_end, e, mm);
 *	}
 *
 * RESERVE counts the loss itself when the ring is full.
 */

extern struct ms_cpu cpus[MS_MAX_CPUS];
extern ms_t_u8 spoke[MS_SPOKE]; /* which tasks are in the records: their names are wanted when they die (task.bpf.c) */

/* One ring per CPU: with one shared ring the reserve lock is what is measured (docs/decisions.md). */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the collector sets the real size of the inner maps */
};

struct rings {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MS_MAX_CPUS);
	__type(key, u32);
	__array(values, struct ring);
};
extern struct rings rings SEC(".maps");

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
	void *ring = bpf_map_lookup_elem(&rings, &cpu);
	void *record = ring ? bpf_ringbuf_reserve(ring, size, 0) : 0;

	if (!record) {
		struct ms_cpu *c = &cpus[cpu & (MS_MAX_CPUS - 1)];

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
	if (!spoke[(u32)who & (MS_SPOKE - 1)])
		spoke[(u32)who & (MS_SPOKE - 1)] = 1;
	stamp(h, &cpus[cpu & (MS_MAX_CPUS - 1)]);
	/* waking the consumer costs more than the record: do it once in MS_WAKE_EVERY, a timer in the collector does
	 * the rest */
	bpf_ringbuf_submit(h, h->seq & (MS_WAKE_EVERY - 1) ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
}

#define RESERVE(name) ((struct ev_##name *)reserve(sizeof(struct ev_##name)))
#define SUBMIT(name, e, mm) submit(&(e)->h, EV_##name, (u64)(mm))

#endif
