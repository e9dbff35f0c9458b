// SPDX-License-Identifier: GPL-2.0
/* What the kernel says about invalidations: start, end, end of an episode, end of an mm. mm/mmu_notifier.c. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/nonblock.bpf.h"
#include "bpf/probe.bpf.h"
#include "bpf/range.bpf.h"
#include "bpf/stacks.bpf.h"

/* A body: the range, the counters, and what else this record has. */
#define SAY(event, ...)                                                                                                \
	struct mmu_notifier_range *range = (void *)ARG(0);                                                             \
	struct mm_struct *mm = GET(range, mm);                                                                         \
	struct mmu_notifier_subscriptions *subs;                                                                       \
                                                                                                                       \
	if (!wanted(mm))                                                                                               \
		return 0;                                                                                              \
	subs = GET(mm, notifier_subscriptions);                                                                        \
	return RECORD(event, mm, RANGE_OF(range), ##__VA_ARGS__, COUNTERS_OF(subs))

#define OF_START OWNED_CAUSE_OF(range), .has_itree = GET(subs, has_itree)

ENTRY(inv_start, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *at = (void *)ARG(0);

	nonblock_start(GET(at, flags), GET(at, mm));
	SAY(inv_start, OF_START, .stack = caller(args, direct));
}

EXIT(inv_start_ret, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *at = (void *)ARG(0);

	nonblock_end(GET(at, flags));
	SAY(inv_start_ret, OF_START, .ret = (s32)RET());
}

ENTRY(inv_end, __mmu_notifier_invalidate_range_end)
{
	struct mmu_notifier_range *range = (void *)ARG(0);

	return EMIT(inv_end, GET(range, mm), RANGE_OF(range), CAUSE_OF(range));
}

EXIT(inv_end_ret, __mmu_notifier_invalidate_range_end)
{
	SAY(inv_end_ret);
}

/* Always under an mm that is wanted or not: mn_itree_inv_end() is given the subscriptions, which do not know their mm.
 */
ENTRY(itree_end, mn_itree_inv_end)
{
	struct mmu_notifier_subscriptions *subs = (void *)ARG(0);

	return EMIT(itree_end, owner_of(subs), .subs = ID(subs), COUNTERS_OF(subs));
}

EXIT(itree_end_ret, mn_itree_inv_end)
{
	struct mmu_notifier_subscriptions *subs = (void *)ARG(0);

	return EMIT(itree_end_ret, owner_of(subs), .subs = ID(subs), COUNTERS_OF(subs),
		    .deferred = GET(subs, deferred_list.first) != 0);
}

ENTRY_SELDOM(mm_release, __mmu_notifier_release)
{
	struct mm_struct *mm = (void *)ARG(0);

	return EMIT(mm_release, mm, .mm_users = GET(mm, mm_users.counter));
}

EXIT_SELDOM(mm_release_ret, __mmu_notifier_release)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct mmu_notifier_subscriptions *subs;

	if (!wanted(mm))
		return 0;
	subs = GET(mm, notifier_subscriptions);
	return RECORD(mm_release_ret, mm, COUNTERS_OF(subs));
}

/* Every process ends in exit_mmap(); only the mms that somebody mirrors are of interest. */
ENTRY(mm_exit, exit_mmap)
{
	struct mm_struct *mm = (void *)ARG(0);

	ends_as_holder(mm);
	if (!GET(mm, notifier_subscriptions))
		return 0;
	return EMIT(mm_exit, mm, .mm_users = GET(mm, mm_users.counter));
}

EXIT(mm_exit_ret, exit_mmap)
{
	struct mm_struct *mm = (void *)ARG(0);
	struct mmu_notifier_subscriptions *subs = GET(mm, notifier_subscriptions);

	if (!subs || !wanted(mm))
		return 0;
	forget_owner(subs);
	return RECORD(mm_exit_ret, mm, .mm_count = GET(mm, mm_count.counter));
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

	if (!subs && !pinned)
		return 0;
	return EMIT(mm_end, mm, .pinned_vm = pinned, .subs = ID(subs), .list = subs ? ID(GET(subs, list.first)) : 0,
		    .itree = subs ? ID(GET(subs, itree.rb_root.rb_node)) : 0,
		    .deferred = subs ? ID(GET(subs, deferred_list.first)) : 0);
}
