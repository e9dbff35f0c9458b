// SPDX-License-Identifier: GPL-2.0
/* How the ops of every mmu_notifier on the list are watched: range start, range end, release. Templates, as in callback.bpf.c. */
#include "bpf/callback.bpf.h"
#include "bpf/range.bpf.h"

/* A body: says a call of `op`, if that is what this copy watches, with the fields that the range's end has not. */
#define SAY(event, op, ...)                                                                                            \
	struct mmu_notifier *sub = (void *)ARG(0);                                                                     \
	struct mmu_notifier_range *range = (void *)ARG(1);                                                             \
	const struct mmu_notifier_ops *ops = GET(sub, ops);                                                            \
	struct mm_struct *mm = GET(sub, mm);                                                                           \
                                                                                                                       \
	if (!wanted(mm) || ID(GET(ops, op)) != callback())                                                             \
		return 0;                                                                                              \
	return RECORD(event, mm, .sub = ID(sub), RANGE_OF(range), .fn = callback(), ##__VA_ARGS__)

#define OF_START .end_fn = ID(GET(ops, invalidate_range_end)), CAUSE_OF(range)

/* mmu_notifier_ops.invalidate_range_start(sub, range) */
ENTRY_(hl_start, "", FIRST_AND_AGAIN)
{
	SAY(hl_start, invalidate_range_start, OF_START);
}

EXIT_(hl_start_ret, "", FIRST_AND_AGAIN)
{
	SAY(hl_start_ret, invalidate_range_start, OF_START, .ret = (s32)RET());
}

/* mmu_notifier_ops.invalidate_range_end(sub, range) */
ENTRY_(hl_end, "", FIRST_AND_AGAIN)
{
	SAY(hl_end, invalidate_range_end);
}

EXIT_(hl_end_ret, "", FIRST_AND_AGAIN)
{
	SAY(hl_end_ret, invalidate_range_end);
}

/* mmu_notifier_ops.release(sub, mm): the sub may be freed by it */
ENTRY_(hl_release, "", ALONE)
{
	struct mmu_notifier *sub = (void *)ARG(0);
	const struct mmu_notifier_ops *ops = GET(sub, ops);
	struct mm_struct *mm = (void *)ARG(1);

	if (!wanted(mm) || ID(GET(ops, release)) != callback())
		return 0;
	enter(ID(sub), mm);
	return RECORD(hl_release, mm, .sub = ID(sub), .fn = callback());
}

EXIT_(hl_release_ret, "", ALONE)
{
	u64 sub = ARG(0), mm = leave(sub);

	return mm ? RECORD(hl_release_ret, mm, .sub = sub, .fn = callback()) : 0;
}
