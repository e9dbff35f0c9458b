// SPDX-License-Identifier: GPL-2.0
/* When an mmu_notifier (the kind on the list) is registered, counted, put and freed. mm/mmu_notifier.c. */
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/probe.bpf.h"

ENTRY_SELDOM(mn_register, __mmu_notifier_register)
{
	struct mm_struct *mm = (void *)ARG(1);

	return EMIT(mn_register, mm, .sub = ID(ARG(0)), .mmap_lock = GET(mm, mmap_lock.count.counter),
		    .mm_users = GET(mm, mm_users.counter));
}

/* sub is NULL when only the interval tree is wanted: then every load through it gives 0. */
EXIT_SELDOM(mn_register_ret, __mmu_notifier_register)
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = (void *)ARG(1);
	const struct mmu_notifier_ops *ops;

	learn_owner(GET(mm, notifier_subscriptions), mm);
	if (!wanted(mm))
		return 0;
	ops = GET(sub, ops);
	return RECORD(mn_register_ret, mm, .sub = ID(sub), .start_fn = ID(GET(ops, invalidate_range_start)),
		      .end_fn = ID(GET(ops, invalidate_range_end)), .release_fn = ID(GET(ops, release)),
		      .free_fn = ID(GET(ops, free_notifier)), .users = GET(sub, users), .ret = (s32)RET());
}

ENTRY_SELDOM(mn_unregister, mmu_notifier_unregister)
{
	return EMIT(mn_unregister, ARG(1), .sub = ID(ARG(0)));
}

EXIT_SELDOM(mn_unregister_ret, mmu_notifier_unregister)
{
	return EMIT(mn_unregister_ret, ARG(1), .sub = ID(ARG(0)));
}

/* mmu_notifier_get_locked(ops, mm): the sub is what it returns, so the verifier knows no type for it. */
EXIT_SELDOM(mn_get_ret, mmu_notifier_get_locked)
{
	struct mmu_notifier *sub = (void *)RET();
	const bool failed = ID(sub) >= ERR_PTR_MIN;

	return EMIT(mn_get_ret, ARG(1), .sub = ID(sub), .users = failed ? 0 : READ(sub, users),
		    .ret = failed ? (s32)ID(sub) : 0);
}

ENTRY_SELDOM(mn_put, mmu_notifier_put)
{
	struct mmu_notifier *sub = (void *)ARG(0);

	return EMIT(mn_put, GET(sub, mm), .sub = ID(sub), .users = GET(sub, users));
}

/* mmu_notifier_free_rcu(rcu): the notifier lies around the rcu head. */
ENTRY_SELDOM(mn_free, mmu_notifier_free_rcu)
{
	struct mmu_notifier *sub = (void *)(ADDRESS(0) - bpf_core_field_offset(struct mmu_notifier, rcu));

	return EMIT(mn_free, READ(sub, mm), .sub = ID(sub), .users = READ(sub, users));
}
