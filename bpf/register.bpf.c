// SPDX-License-Identifier: GPL-2.0
/* When an mmu_notifier (the kind on the list) is registered, counted, put and freed. mm/mmu_notifier.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/probe.bpf.h"

ENTRY(mn_register, __mmu_notifier_register)
{
	struct mm_struct *mm = (void *)ARG(1);
	struct ev_mn_register *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_register);
	if (!e)
		return 0;
	e->sub = ID(ARG(0));
	e->mmap_lock = GET(mm, mmap_lock.count.counter);
	e->mm_users = GET(mm, mm_users.counter);
	e->pad0 = 0;
	SUBMIT(mn_register, e, mm);
	return 0;
}

/* sub is NULL when only the interval tree is wanted: then every load through it gives 0. */
EXIT(mn_register_ret, __mmu_notifier_register)
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = (void *)ARG(1);
	const struct mmu_notifier_ops *ops;
	struct ev_mn_register_ret *e;

	learn_owner(GET(mm, notifier_subscriptions), mm);
	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_register_ret);
	if (!e)
		return 0;
	ops = GET(sub, ops);
	e->sub = ID(sub);
	e->start_fn = ID(GET(ops, invalidate_range_start));
	e->end_fn = ID(GET(ops, invalidate_range_end));
	e->release_fn = ID(GET(ops, release));
	e->free_fn = ID(GET(ops, free_notifier));
	e->users = GET(sub, users);
	e->ret = (s32)RET();
	SUBMIT(mn_register_ret, e, mm);
	return 0;
}

ENTRY(mn_unregister, mmu_notifier_unregister)
{
	struct mm_struct *mm = (void *)ARG(1);
	struct ev_mn_unregister *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_unregister);
	if (!e)
		return 0;
	e->sub = ID(ARG(0));
	SUBMIT(mn_unregister, e, mm);
	return 0;
}

EXIT(mn_unregister_ret, mmu_notifier_unregister)
{
	struct mm_struct *mm = (void *)ARG(1);
	struct ev_mn_unregister_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_unregister_ret);
	if (!e)
		return 0;
	e->sub = ID(ARG(0));
	SUBMIT(mn_unregister_ret, e, mm);
	return 0;
}

/* mmu_notifier_get_locked(ops, mm): the sub is what it returns, so the verifier knows no type for it. */
EXIT(mn_get_ret, mmu_notifier_get_locked)
{
	struct mm_struct *mm = (void *)ARG(1);
	struct mmu_notifier *sub = (void *)RET();
	struct ev_mn_get_ret *e;
	u32 users = 0;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_get_ret);
	if (!e)
		return 0;
	e->sub = ID(sub);
	if (ID(sub) >= ERR_PTR_MIN) {
		e->users = 0;
		e->ret = (s32)ID(sub);
	} else {
		bpf_core_read(&users, sizeof(users), &sub->users);
		e->users = users;
		e->ret = 0;
	}
	SUBMIT(mn_get_ret, e, mm);
	return 0;
}

ENTRY(mn_put, mmu_notifier_put)
{
	struct mmu_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_mn_put *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_put);
	if (!e)
		return 0;
	e->sub = ID(sub);
	e->users = GET(sub, users);
	e->pad0 = 0;
	SUBMIT(mn_put, e, mm);
	return 0;
}

/* mmu_notifier_free_rcu(rcu): the notifier lies around the rcu head. */
ENTRY(mn_free, mmu_notifier_free_rcu)
{
	struct mmu_notifier *sub = (void *)(ADDRESS(0) - bpf_core_field_offset(struct mmu_notifier, rcu));
	struct mm_struct *mm = 0;
	struct ev_mn_free *e;
	u32 users = 0;

	bpf_core_read(&mm, sizeof(mm), &sub->mm);
	if (!wanted(mm))
		return 0;
	e = RESERVE(mn_free);
	if (!e)
		return 0;
	bpf_core_read(&users, sizeof(users), &sub->users);
	e->sub = ID(sub);
	e->users = users;
	e->pad0 = 0;
	SUBMIT(mn_free, e, mm);
	return 0;
}
