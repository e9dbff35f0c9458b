// SPDX-License-Identifier: GPL-2.0
/* How every interval notifier's callback is watched, without a hook for it: templates, loaded once per function found. */
#include "bpf/callback.bpf.h"
#include "bpf/ops.bpf.h"

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
