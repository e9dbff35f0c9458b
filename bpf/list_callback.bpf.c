// SPDX-License-Identifier: GPL-2.0
/* How the ops of every mmu_notifier on the list are watched: range start, range end, release. Templates, as in callback.bpf.c. */
#include "bpf/callback.bpf.h"

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
