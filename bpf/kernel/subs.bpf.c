// SPDX-License-Identifier: GPL-2.0
/* When an interval notifier comes and goes, and which sequence a reader is given. mm/mmu_notifier.c. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/probe.bpf.h"
#include "bpf/range.bpf.h"

/* mmu_interval_notifier_insert(sub, mm, start, length, ops) */
static __always_inline int insert(const u64 *args, const bool direct, u32 locked)
{
	struct mm_struct *mm = (void *)ARG(1);

	return EMIT(sub_insert, mm, .sub = ID(ARG(0)), .start = ARG(2), .length = ARG(3), .ops = ID(ARG(4)),
		    .mmap_lock = GET(mm, mmap_lock.count.counter), .mm_users = GET(mm, mm_users.counter),
		    .locked = locked);
}

static __always_inline int insert_ret(const u64 *args, const bool direct, u32 locked)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = (void *)ARG(1);
	const struct mmu_interval_notifier_ops *ops = (void *)ARG(4);
	struct mmu_notifier_subscriptions *subs;

	if (!wanted(mm))
		return 0;
	subs = GET(mm, notifier_subscriptions);
	learn_owner(subs, mm);
	return RECORD(sub_insert_ret, mm, .sub = ID(sub), .start = GET(sub, interval_tree.start),
		      .last = GET(sub, interval_tree.last), .invalidate = first_pass(ops, direct),
		      .finish = second_pass(ops, direct), .sub_seq = GET(sub, invalidate_seq), COUNTERS_OF(subs),
		      .ret = (s32)RET(), .locked = locked);
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

	return EMIT(sub_remove, GET(sub, mm), .sub = ID(sub), .start = GET(sub, interval_tree.start),
		    .last = GET(sub, interval_tree.last));
}

/*
 * The reference on the mm is dropped before this returns, but the sub is still the caller's: nobody else may free it
 * before mmu_interval_notifier_remove() is done, so its mm field is what it was.
 */
EXIT(sub_remove_ret, mmu_interval_notifier_remove)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);

	return EMIT(sub_remove_ret, GET(sub, mm), .sub = ID(sub));
}

/* A body: both sequences, and what else this record has. */
#define SAY(event, ...)                                                                                                \
	struct mmu_interval_notifier *sub = (void *)ARG(0);                                                            \
	struct mm_struct *mm = GET(sub, mm);                                                                           \
	struct mmu_notifier_subscriptions *subs;                                                                       \
                                                                                                                       \
	if (!wanted(mm))                                                                                               \
		return 0;                                                                                              \
	subs = GET(mm, notifier_subscriptions);                                                                        \
	return RECORD(event, mm, .sub = ID(sub), ##__VA_ARGS__, .sub_seq = GET(sub, invalidate_seq),                   \
		      .seq = GET(subs, invalidate_seq))

ENTRY(read_begin, mmu_interval_read_begin)
{
	SAY(read_begin);
}

EXIT(read_begin_ret, mmu_interval_read_begin)
{
	SAY(read_begin_ret, .ret = RET());
}
