// SPDX-License-Identifier: GPL-2.0
/* When an interval notifier comes and goes, and which sequence a reader is given. mm/mmu_notifier.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/probe.bpf.h"

/* mmu_interval_notifier_insert(sub, mm, start, length, ops) */
static __always_inline int insert(const u64 *args, const bool direct, u32 locked)
{
	struct mm_struct *mm = (void *)ARG(1);
	struct ev_sub_insert *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(sub_insert);
	if (!e)
		return 0;
	e->sub = ID(ARG(0));
	e->start = ARG(2);
	e->length = ARG(3);
	e->ops = ID(ARG(4));
	e->mmap_lock = GET(mm, mmap_lock.count.counter);
	e->mm_users = GET(mm, mm_users.counter);
	e->locked = locked;
	SUBMIT(sub_insert, e, mm);
	return 0;
}

static __always_inline int insert_ret(const u64 *args, const bool direct, u32 locked)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = (void *)ARG(1);
	const struct mmu_interval_notifier_ops *ops = (void *)ARG(4);
	struct mmu_notifier_subscriptions *subs;
	struct ev_sub_insert_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(sub_insert_ret);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	learn_owner(subs, mm);
	e->sub = ID(sub);
	e->start = GET(sub, interval_tree.start);
	e->last = GET(sub, interval_tree.last);
	e->invalidate = first_pass(ops, direct);
	e->finish = second_pass(ops, direct);
	e->sub_seq = GET(sub, invalidate_seq);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->ret = (s32)RET();
	e->locked = locked;
	SUBMIT(sub_insert_ret, e, mm);
	return 0;
}

ENTRY(sub_insert, mmu_interval_notifier_insert)
{
	return insert(args, direct, 0);
}

EXIT(sub_insert_ret, mmu_interval_notifier_insert)
{
	return insert_ret(args, direct, 0);
}

ENTRY(sub_insert__locked, mmu_interval_notifier_insert_locked)
{
	return insert(args, direct, 1);
}

EXIT(sub_insert_ret__locked, mmu_interval_notifier_insert_locked)
{
	return insert_ret(args, direct, 1);
}

ENTRY(sub_remove, mmu_interval_notifier_remove)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_sub_remove *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(sub_remove);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->start = GET(sub, interval_tree.start);
	e->last = GET(sub, interval_tree.last);
	SUBMIT(sub_remove, e, mm);
	return 0;
}

/*
 * The reference on the mm is dropped before this returns, but the sub is still the caller's: nobody else may free it
 * before mmu_interval_notifier_remove() is done, so its mm field is what it was.
 */
EXIT(sub_remove_ret, mmu_interval_notifier_remove)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_sub_remove_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(sub_remove_ret);
	if (!e)
		return 0;
	e->sub = ID(sub);
	SUBMIT(sub_remove_ret, e, mm);
	return 0;
}

ENTRY(read_begin, mmu_interval_read_begin)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_read_begin *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(read_begin);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->sub = ID(sub);
	e->sub_seq = GET(sub, invalidate_seq);
	e->seq = GET(subs, invalidate_seq);
	SUBMIT(read_begin, e, mm);
	return 0;
}

EXIT(read_begin_ret, mmu_interval_read_begin)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_read_begin_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(read_begin_ret);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->sub = ID(sub);
	e->ret = RET();
	e->sub_seq = GET(sub, invalidate_seq);
	e->seq = GET(subs, invalidate_seq);
	SUBMIT(read_begin_ret, e, mm);
	return 0;
}
