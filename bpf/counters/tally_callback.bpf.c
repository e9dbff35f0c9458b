// SPDX-License-Identifier: GPL-2.0
/* How drivers' callbacks are counted and timed: templates as in callback.bpf.c and list_callback.bpf.c, without records. */
#include "bpf/callback.bpf.h"
#include "bpf/counters/tally.bpf.h"

/* invalidate(sub, range, cur_seq), invalidate_start(sub, range, cur_seq, &finish) */
ENTRY_(tally_cb, "", FIRST_AND_AGAIN)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);

	if (wanted(mm) && first_pass(GET(sub, ops), direct) == callback())
		begin_call(mm, MS_tally_callback, callback(), 0);
	return 0;
}

EXIT_(tally_cb_ret, "", FIRST_AND_AGAIN)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct ms_call_under_way *call = ended_call(MS_tally_callback);

	if (call)
		end_call(call, GET(sub, mm), !(RET() & 1), 0);
	return 0;
}

/* invalidate_finish(finish) */
ENTRY_(tally_finish, "", FIRST_AND_AGAIN)
{
	struct mmu_interval_notifier_finish *finish = (void *)ARG(0);
	struct mmu_interval_notifier *sub;
	struct mm_struct *mm;

	if (!HAS_TWO_PASS())
		return 0;
	sub = GET(finish, notifier);
	mm = GET(sub, mm);
	if (wanted(mm) && second_pass(GET(sub, ops), direct) == callback())
		begin_call(mm, MS_tally_callback, callback(), 0);
	return 0;
}

/* What the function was given may be gone when it returns: the process is known from its entry, and named by an earlier call. */
static __always_inline int left(bool refused)
{
	struct ms_call_under_way *call = ended_call(MS_tally_callback);

	if (call)
		end_call(call, 0, refused, 0);
	return 0;
}

EXIT_(tally_finish_ret, "", FIRST_AND_AGAIN)
{
	return left(false);
}

/* mmu_notifier_ops: invalidate_range_start(sub, range), invalidate_range_end(sub, range), release(sub, mm) */
#define TALLY_LIST(name, op, is_refused)                                                                               \
	ENTRY_(tally_##name, "", FIRST_AND_AGAIN)                                                                                       \
	{                                                                                                              \
		struct mmu_notifier *sub = (void *)ARG(0);                                                             \
		const struct mmu_notifier_ops *ops = GET(sub, ops);                                                    \
		struct mm_struct *mm = GET(sub, mm);                                                                   \
                                                                                                                       \
		if (wanted(mm) && ID(GET(ops, op)) == callback())                                                      \
			begin_call(mm, MS_tally_callback, callback(), 0);                                              \
		return 0;                                                                                              \
	}                                                                                                              \
	EXIT_(tally_##name##_ret, "", FIRST_AND_AGAIN)                                                                                  \
	{                                                                                                              \
		return left(is_refused);                                                                               \
	}

TALLY_LIST(hl_start, invalidate_range_start, (s32)RET() != 0)
TALLY_LIST(hl_end, invalidate_range_end, false)
TALLY_LIST(hl_release, release, false)
