// SPDX-License-Identifier: GPL-2.0
/* How every interval notifier's callback is watched, without a hook for it: templates, loaded once per function found. */
#include "bpf/callback.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/range.bpf.h"

/* What both ends of a call say. */
#define CALL_OF(sub, range, subs)                                                                                      \
	.sub = ID(sub), RANGE_OF(range), OWNED_CAUSE_OF(range), COUNTERS_OF(subs), .fn = callback(),                   \
	.cur_seq = ARG(2), .sub_seq = GET(sub, invalidate_seq)

/* invalidate(sub, range, cur_seq), and invalidate_start(sub, range, cur_seq, &finish) of a two-pass notifier */
ENTRY_(cb_enter, "", FIRST_AND_AGAIN)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;

	if (!wanted(mm) || first_pass(GET(sub, ops), direct) != callback())
		return 0;
	subs = GET(mm, notifier_subscriptions);
	return RECORD(cb_enter, mm, CALL_OF(sub, range, subs), .sub_start = GET(sub, interval_tree.start),
		      .sub_last = GET(sub, interval_tree.last));
}

static __always_inline int cb_return(const u64 *args, const bool direct, const bool two_pass)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mmu_notifier_range *range = (void *)ARG(1);
	struct mm_struct *mm = GET(sub, mm);
	struct mmu_notifier_subscriptions *subs;
	u64 finish = 0;

	if (!wanted(mm) || first_pass(GET(sub, ops), direct) != callback())
		return 0;
	if (two_pass)
		bpf_probe_read_kernel(&finish, sizeof(finish), (void *)ARG(3));
	subs = GET(mm, notifier_subscriptions);
	/* ret is a bool: the upper bits of the register mean nothing */
	return RECORD(cb_ret, mm, CALL_OF(sub, range, subs), .finish = finish, .ret = RET() & 1, .two_pass = two_pass);
}

EXIT_(cb_ret, "", FIRST_AND_AGAIN)
{
	return cb_return(args, direct, false);
}

EXIT_(cb_ret__two_pass, "", FIRST_AND_AGAIN)
{
	return cb_return(args, direct, true);
}

/* invalidate_finish(finish) */
ENTRY_(cb_finish, "", FIRST_AND_AGAIN)
{
	struct mmu_interval_notifier_finish *finish = (void *)ARG(0);
	struct mmu_interval_notifier *sub;
	struct mm_struct *mm;

	if (!HAS_TWO_PASS())
		return 0;
	sub = GET(finish, notifier);
	mm = GET(sub, mm);
	if (!wanted(mm) || second_pass(GET(sub, ops), direct) != callback())
		return 0;
	enter(ID(finish), mm);
	return RECORD(cb_finish, mm, .finish = ID(finish), .sub = ID(sub), .fn = callback());
}

EXIT_(cb_finish_ret, "", FIRST_AND_AGAIN)
{
	u64 finish = ARG(0), mm = leave(finish);

	return mm ? RECORD(cb_finish_ret, mm, .finish = finish, .fn = callback()) : 0;
}
