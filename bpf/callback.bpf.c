// SPDX-License-Identifier: GPL-2.0
/* How every driver's callback is watched, without a hook for it: templates, loaded once per function found. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * These programs name no function. For each callback that it finds, the collector takes their instructions, writes the
 * address of the callback in place of MS_CALLBACK (collector/programs.h) and attaches the copy. Comparing that constant
 * with the ops of the sub sorts out direct calls: a driver may call a function of this prototype from where it likes,
 * and that is no callback.
 */
static __always_inline u64 callback(void)
{
	u64 fn;

	asm("%0 = %1 ll" : "=r"(fn) : "i"(MS_CALLBACK));
	return fn;
}

/* invalidate(sub, range, cur_seq), and invalidate_start(sub, range, cur_seq, &finish) of a two-pass notifier */
ENTRY_(cb_enter, "")
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_cb_enter *e;

	if (!wanted(mm) || first_pass(GET(sub, ops), direct) != callback())
		return 0;
	e = RESERVE(cb_enter);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->sub_start = GET(sub, interval_tree.start);
	e->sub_last = GET(sub, interval_tree.last);
	e->cur_seq = ARG(2);
	e->sub_seq = GET(sub, invalidate_seq);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->reason = reason_of(GET(range, event));
	e->owner = has_owner(e->reason) ? ID(GET(range, owner)) : 0;
	e->flags = GET(range, flags);
	SUBMIT(cb_enter, e, mm);
	return 0;
}

static __always_inline int cb_return(const u64 *args, const bool direct, const bool two_pass)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_cb_ret *e;
	u64 finish = 0;

	if (!wanted(mm) || first_pass(GET(sub, ops), direct) != callback())
		return 0;
	e = RESERVE(cb_ret);
	if (!e)
		return 0;
	if (two_pass)
		bpf_probe_read_kernel(&finish, sizeof(finish), (void *)ARG(3));
	subs = GET(mm, notifier_subscriptions);
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->finish = finish;
	e->cur_seq = ARG(2);
	e->sub_seq = GET(sub, invalidate_seq);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->reason = reason_of(GET(range, event));
	e->owner = has_owner(e->reason) ? ID(GET(range, owner)) : 0;
	e->flags = GET(range, flags);
	e->ret = RET() & 1; /* a bool: the upper bits of the register mean nothing */
	e->two_pass = two_pass;
	SUBMIT(cb_ret, e, mm);
	return 0;
}

EXIT_(cb_ret, "")
{
	return cb_return(args, direct, false);
}

EXIT_(cb_ret__two_pass, "")
{
	return cb_return(args, direct, true);
}

/* Calls whose object may be gone when they return: what was known at the entry. */
struct inside_key {
	u64 object;
	u64 tid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct inside_key);
	__type(value, u64); /* the mm */
} inside SEC(".maps");

static __always_inline void enter(u64 object, struct mm_struct *mm)
{
	struct inside_key key = {.object = object, .tid = (u32)bpf_get_current_pid_tgid()};
	u64 value = ID(mm);

	bpf_map_update_elem(&inside, &key, &value, BPF_ANY);
}

static __always_inline u64 leave(u64 object)
{
	struct inside_key key = {.object = object, .tid = (u32)bpf_get_current_pid_tgid()};
	u64 *value = bpf_map_lookup_elem(&inside, &key);
	u64 mm = value ? *value : 0;

	if (value)
		bpf_map_delete_elem(&inside, &key);
	return mm;
}

/* invalidate_finish(finish) */
ENTRY_(cb_finish, "")
{
	struct mmu_interval_notifier_finish *finish = (void *)ARG(0);
	struct mmu_interval_notifier *sub;
	struct ev_cb_finish *e;
	struct mm_struct *mm;

	if (!HAS_TWO_PASS())
		return 0;
	sub = GET(finish, notifier);
	mm = GET(sub, mm);
	if (!wanted(mm) || second_pass(GET(sub, ops), direct) != callback())
		return 0;
	enter(ID(finish), mm);
	e = RESERVE(cb_finish);
	if (!e)
		return 0;
	e->finish = ID(finish);
	e->sub = ID(sub);
	e->fn = callback();
	SUBMIT(cb_finish, e, mm);
	return 0;
}

EXIT_(cb_finish_ret, "")
{
	u64 finish = ARG(0), mm = leave(finish);
	struct ev_cb_finish_ret *e;

	if (!mm)
		return 0;
	e = RESERVE(cb_finish_ret);
	if (!e)
		return 0;
	e->finish = finish;
	e->fn = callback();
	SUBMIT(cb_finish_ret, e, mm);
	return 0;
}

/* mmu_notifier_ops.invalidate_range_start(sub, range) */
ENTRY_(hl_start, "")
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_hl_start *e;

	if (!wanted(mm) || ID(GET(ops, invalidate_range_start)) != callback())
		return 0;
	e = RESERVE(hl_start);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->end_fn = ID(GET(ops, invalidate_range_end));
	e->reason = reason_of(GET(range, event));
	e->flags = GET(range, flags);
	SUBMIT(hl_start, e, mm);
	return 0;
}

EXIT_(hl_start_ret, "")
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_hl_start_ret *e;

	if (!wanted(mm) || ID(GET(ops, invalidate_range_start)) != callback())
		return 0;
	e = RESERVE(hl_start_ret);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->end_fn = ID(GET(ops, invalidate_range_end));
	e->reason = reason_of(GET(range, event));
	e->flags = GET(range, flags);
	e->ret = (s32)RET();
	e->pad0 = 0;
	SUBMIT(hl_start_ret, e, mm);
	return 0;
}

/* mmu_notifier_ops.invalidate_range_end(sub, range) */
ENTRY_(hl_end, "")
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_hl_end *e;

	if (!wanted(mm) || ID(GET(ops, invalidate_range_end)) != callback())
		return 0;
	e = RESERVE(hl_end);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	SUBMIT(hl_end, e, mm);
	return 0;
}

EXIT_(hl_end_ret, "")
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_hl_end_ret *e;

	if (!wanted(mm) || ID(GET(ops, invalidate_range_end)) != callback())
		return 0;
	e = RESERVE(hl_end_ret);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->range = ID(range);
	e->fn = callback();
	e->start = GET(range, start);
	e->end = GET(range, end);
	SUBMIT(hl_end_ret, e, mm);
	return 0;
}

/* mmu_notifier_ops.release(sub, mm): the sub may be freed by it */
ENTRY_(hl_release, "")
{
	struct mmu_notifier *sub = (void *)ARG(0);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = (void *)ARG(1);
	struct ev_hl_release *e;

	if (!wanted(mm) || ID(GET(ops, release)) != callback())
		return 0;
	enter(ID(sub), mm);
	e = RESERVE(hl_release);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->fn = callback();
	SUBMIT(hl_release, e, mm);
	return 0;
}

EXIT_(hl_release_ret, "")
{
	u64 sub = ARG(0), mm = leave(sub);
	struct ev_hl_release_ret *e;

	if (!mm)
		return 0;
	e = RESERVE(hl_release_ret);
	if (!e)
		return 0;
	e->sub = sub;
	e->fn = callback();
	SUBMIT(hl_release_ret, e, mm);
	return 0;
}
