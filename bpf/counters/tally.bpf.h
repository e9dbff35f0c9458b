/* SPDX-License-Identifier: GPL-2.0 */
/* How calls are counted and timed in the kernel, without a record of each: begin_call() at the entry, end_call() at the return. */
#ifndef MIRRORSCOPE_BPF_TALLY_H
#define MIRRORSCOPE_BPF_TALLY_H

#include "bpf/core_drift.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/probe.bpf.h"

struct tallies {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct ms_tally_key);
	__type(value, struct ms_tally);
};
extern struct tallies tallies SEC(".maps");

/* Names of the processes in `tallies`: a short-lived one is gone before anybody can ask /proc. */
struct tally_names {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, char[16]);
};
extern struct tally_names tally_names SEC(".maps");

/*
 * A call under way. A plain array, because a hash costs as much as a record: whoever finds its place taken by another takes it over, and
 * then the other's call is not counted. `uncounted` says how often that happened, at most: a place may also be left over from a call whose
 * return the kernel skipped.
 */
extern struct ms_call_under_way under_way[MS_CALLS_UNDER_WAY];
extern ms_t_u64 uncounted;
extern struct ms_tally no_tally;

/* The process that owns an mm: the task that runs, or, for reclaim and the like, who the kernel says (CONFIG_MEMCG). */
struct mm_struct___owned {
	struct task_struct *owner;
} __attribute__((preserve_access_index));

static __always_inline struct task_struct *owner_task(struct mm_struct *mm)
{
	struct task_struct *task, *owner = 0;

	if (!mm)
		return 0;
	if (!interrupt_level()) {
		task = bpf_get_current_task_btf();
		/* exit_mm() takes the mm from the task and then ends it (kernel/exit.c) */
		if (task->mm == mm || (!task->mm && !(task->flags & PF_KTHREAD)))
			return task;
	}
	if (bpf_core_field_exists(((struct mm_struct___owned *)mm)->owner))
		bpf_core_read(&owner, sizeof(owner), &((struct mm_struct___owned *)mm)->owner);
	return owner;
}

/* Pages of a range; the end of an mm and soft-dirty tracking are about all of it, which is no number. */
static __always_inline u64 pages_in(u64 start, u64 end)
{
	return end == ~0UL ? 0 : (end - start) >> 12;
}

static __always_inline u32 process_of(struct mm_struct *mm)
{
	struct task_struct *task = owner_task(mm);

	return task ? (u32)READ(task, tgid) : 0;
}

static __always_inline void learn_name(u32 tgid, struct mm_struct *mm)
{
	struct task_struct *task = mm ? owner_task(mm) : bpf_get_current_task_btf();
	char name[16] = {};

	if (!task || !tgid || (u32)READ(task, tgid) != tgid || bpf_map_lookup_elem(&tally_names, &tgid))
		return;
	bpf_core_read_str(name, sizeof(name), &task->comm);
	bpf_map_update_elem(&tally_names, &tgid, name, BPF_ANY);
}

/* The row of a call; with the first call of a row the process gets its name. 0 if the map is full. */
static __always_inline struct ms_tally *tally_of(const struct ms_tally_key *key, struct mm_struct *mm)
{
	struct ms_tally *t = bpf_map_lookup_elem(&tallies, key);

	if (t)
		return t;
	learn_name(key->tgid, mm);
	bpf_map_update_elem(&tallies, key, &no_tally, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&tallies, key);
	if (!t)
		__sync_fetch_and_add(&uncounted, 1);
	return t;
}

/* Programs on one CPU may preempt each other, so what is per CPU is added to in one instruction all the same. */
#define ADD(t, field, n) __sync_fetch_and_add(&(t)->field, n)

static __always_inline u32 step_of(u64 ns)
{
	u32 octave = 0, step;

	if (ns < 1u << MS_TALLY_FIRST)
		return 0;
	ns >>= MS_TALLY_FIRST - 1; /* the bit below the first one says which half of the octave */
#pragma unroll
	for (u32 width = 32; width; width >>= 1)
		if (ns >> (width + 1)) {
			ns >>= width;
			octave += width;
		}
	step = octave * 2 + (ns & 1);
	return step < MS_TALLY_STEPS ? step : MS_TALLY_STEPS - 1;
}

static __always_inline void took(struct ms_tally *t, u64 ns)
{
	u64 longest;
	u32 step = step_of(ns);

	ADD(t, timed, 1);
	ADD(t, ns, ns);
	if (step < MS_TALLY_STEPS)
		ADD(t, steps[step], 1);
	for (u32 i = 0; i < 4; i++) {
		longest = *(volatile u64 *)&t->longest;
		if (ns <= longest || __sync_val_compare_and_swap(&t->longest, longest, ns) == longest)
			break;
	}
}

static __always_inline struct ms_call_under_way *place_of(u64 who)
{
	return &under_way[(u32)((who * 0x9e3779b97f4a7c15ULL) >> 50) & (MS_CALLS_UNDER_WAY - 1)];
}

static __always_inline u64 caller_of(u32 kind)
{
	return (u64)runner() << 8 | kind << 1 | 1;
}

static __always_inline bool is_under_way(u32 kind)
{
	u64 who = caller_of(kind);

	return place_of(who)->who == who;
}

static __always_inline void begin_call(struct mm_struct *mm, u32 kind, u64 detail, u64 pages)
{
	u64 who = caller_of(kind);
	struct ms_call_under_way *call = place_of(who);

	if (call->who && call->who != who)
		__sync_fetch_and_add(&uncounted, 1);
	call->key.tgid = process_of(mm);
	call->key.kind = kind;
	call->key.detail = detail;
	call->pages = pages;
	call->began = bpf_ktime_get_ns();
	call->who = who;
}

/* The call of this kind that this task is in, once; 0 if its entry was not wanted or not seen. */
static __always_inline struct ms_call_under_way *ended_call(u32 kind)
{
	u64 who = caller_of(kind);
	struct ms_call_under_way *call = place_of(who);

	if (call->who != who)
		return 0;
	call->who = 0;
	return call;
}

static __always_inline void end_call(struct ms_call_under_way *call, struct mm_struct *mm, bool refused, u64 pages)
{
	u64 ns = bpf_ktime_get_ns() - call->began;
	struct ms_tally_key key = call->key;
	struct ms_tally *t = tally_of(&key, mm);

	if (!t)
		return;
	ADD(t, calls, 1);
	if (refused)
		ADD(t, refused, 1);
	if (pages)
		ADD(t, pages, pages);
	took(t, ns);
}

/* What is only counted. */
static __always_inline void count_call(struct mm_struct *mm, u32 kind, u64 detail, u64 pages)
{
	struct ms_tally_key key = {.tgid = process_of(mm), .kind = kind, .detail = detail};
	struct ms_tally *t = tally_of(&key, mm);

	if (!t)
		return;
	ADD(t, calls, 1);
	if (pages)
		ADD(t, pages, pages);
}

#endif
