// SPDX-License-Identifier: GPL-2.0
/* What the kernel says about invalidations: start, end, end of an episode, end of an mm. mm/mmu_notifier.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/nonblock.bpf.h"
#include "bpf/probe.bpf.h"
#include "bpf/stacks.bpf.h"

ENTRY(inv_start, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct mm_struct *mm = GET(range, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_inv_start *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(inv_start);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->range = ID(range);
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->reason = reason_of(GET(range, event));
	e->owner = has_owner(e->reason) ? ID(GET(range, owner)) : 0;
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->flags = GET(range, flags);
	e->has_itree = GET(subs, has_itree);
	e->stack = caller(args, direct);
	nonblock_start(e->flags, mm);
	SUBMIT(inv_start, e, mm);
	return 0;
}

EXIT(inv_start_ret, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct mm_struct *mm = GET(range, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_inv_start_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(inv_start_ret);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->range = ID(range);
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->reason = reason_of(GET(range, event));
	e->owner = has_owner(e->reason) ? ID(GET(range, owner)) : 0;
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->flags = GET(range, flags);
	e->has_itree = GET(subs, has_itree);
	e->ret = (s32)RET();
	nonblock_end(e->flags);
	SUBMIT(inv_start_ret, e, mm);
	return 0;
}

ENTRY(inv_end, __mmu_notifier_invalidate_range_end)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct mm_struct *mm = GET(range, mm);
	struct ev_inv_end *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(inv_end);
	if (!e)
		return 0;
	e->range = ID(range);
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->reason = reason_of(GET(range, event));
	e->flags = GET(range, flags);
	SUBMIT(inv_end, e, mm);
	return 0;
}

EXIT(inv_end_ret, __mmu_notifier_invalidate_range_end)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct mm_struct *mm = GET(range, mm);
	struct mmu_notifier_subscriptions *subs;
	struct ev_inv_end_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(inv_end_ret);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->range = ID(range);
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	SUBMIT(inv_end_ret, e, mm);
	return 0;
}

/* Always under an mm that is wanted or not: mn_itree_inv_end() is given the subscriptions, which do not know their mm.
 */
ENTRY(itree_end, mn_itree_inv_end)
{
	struct mmu_notifier_subscriptions *subs = (void *)ARG(0);
	u64 mm = owner_of(subs);
	struct ev_itree_end *e;

	if (!wanted((void *)mm))
		return 0;
	e = RESERVE(itree_end);
	if (!e)
		return 0;
	e->subs = ID(subs);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	SUBMIT(itree_end, e, mm);
	return 0;
}

EXIT(itree_end_ret, mn_itree_inv_end)
{
	struct mmu_notifier_subscriptions *subs = (void *)ARG(0);
	u64 mm = owner_of(subs);
	struct ev_itree_end_ret *e;

	if (!wanted((void *)mm))
		return 0;
	e = RESERVE(itree_end_ret);
	if (!e)
		return 0;
	e->subs = ID(subs);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	e->deferred = GET(subs, deferred_list.first) != 0;
	e->pad0 = 0;
	SUBMIT(itree_end_ret, e, mm);
	return 0;
}

ENTRY(mm_release, __mmu_notifier_release)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct ev_mm_release *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mm_release);
	if (!e)
		return 0;
	e->mm_users = GET(mm, mm_users.counter);
	e->pad0 = 0;
	SUBMIT(mm_release, e, mm);
	return 0;
}

EXIT(mm_release_ret, __mmu_notifier_release)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct mmu_notifier_subscriptions *subs;
	struct ev_mm_release_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mm_release_ret);
	if (!e)
		return 0;
	subs = GET(mm, notifier_subscriptions);
	e->seq = GET(subs, invalidate_seq);
	e->active = GET(subs, active_invalidate_ranges);
	SUBMIT(mm_release_ret, e, mm);
	return 0;
}

/* Every process ends in exit_mmap(); only the mms that somebody mirrors are of interest. */
ENTRY(mm_exit, exit_mmap)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct ev_mm_exit *e;

	ends_as_holder(mm);
	if (!GET(mm, notifier_subscriptions) || !wanted(mm))
		return 0;
	e = RESERVE(mm_exit);
	if (!e)
		return 0;
	e->mm_users = GET(mm, mm_users.counter);
	e->pad0 = 0;
	SUBMIT(mm_exit, e, mm);
	return 0;
}

EXIT(mm_exit_ret, exit_mmap)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct mmu_notifier_subscriptions *subs = GET(mm, notifier_subscriptions);
	struct ev_mm_exit_ret *e;

	if (!subs || !wanted(mm))
		return 0;
	forget_owner(subs);
	e = RESERVE(mm_exit_ret);
	if (!e)
		return 0;
	e->mm_count = GET(mm, mm_count.counter);
	e->pad0 = 0;
	SUBMIT(mm_exit_ret, e, mm);
	return 0;
}

/*
 * The last reference is gone, often long after exit_mmap(): files are closed behind it (do_exit()), and each of them may have held the mm.
 * Mms that nobody mirrors or pins for are left out. Under a filter follow_mm_drop (task.bpf.c) is attached before this: it runs behind
 * it, as bpf_trampoline_link_prog() puts the youngest program first.
 */
ENTRY(mm_end, __mmdrop)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct mmu_notifier_subscriptions *subs = GET(mm, notifier_subscriptions);
	s64 pinned = GET(mm, pinned_vm.counter);
	struct ev_mm_end *e;

	if ((!subs && !pinned) || !wanted(mm))
		return 0;
	e = RESERVE(mm_end);
	if (!e)
		return 0;
	e->pinned_vm = pinned;
	e->subs = ID(subs);
	e->list = subs ? ID(GET(subs, list.first)) : 0;
	e->itree = subs ? ID(GET(subs, itree.rb_root.rb_node)) : 0;
	e->deferred = subs ? ID(GET(subs, deferred_list.first)) : 0;
	SUBMIT(mm_end, e, mm);
	return 0;
}
