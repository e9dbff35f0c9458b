// SPDX-License-Identifier: GPL-2.0
/* What any other cache says of itself: by calling functions of these names, which do nothing. */
#include "bpf/ucache/ucache.bpf.h"

/*
 * A cache that wants to be judged defines them, empty and not inlined, and exports them or is not stripped
 * (tests/lab/workloads/caches/ucache_announce.h is such a definition):
 *
 *	void mirrorscope_ucache_enter(void *cache)                          before it registers a region,
 *	void mirrorscope_ucache_insert(void *cache, void *region, void *start, size_t length)    and when it has: it has one user
 *	void mirrorscope_ucache_hit(void *cache, void *region, void *start, size_t length)
 *	void mirrorscope_ucache_put(void *cache, void *region)
 *	void mirrorscope_ucache_evict(void *cache, void *region, int freed)
 *	void mirrorscope_ucache_event(void *cache, void *start, size_t length)
 *	void mirrorscope_ucache_end(void *cache)
 *
 * Between enter and insert the kernel's registration is taken to be the region's.
 */
SEC("uprobe/mirrorscope_ucache_enter")
int ucache_insert__said_enter(struct pt_regs *ctx)
{
	own_stack(ctx);
	enter_call(PT_REGS_PARM1(ctx), 0, 0);
	return 0;
}

SEC("uprobe/mirrorscope_ucache_insert")
int ucache_insert__said(struct pt_regs *ctx)
{
	u64 region = PT_REGS_PARM2(ctx), start = PT_REGS_PARM3(ctx);
	struct ucache_call *call = leave_call();

	own_stack(ctx);
	if (ready)
		ucache_inserted(PT_REGS_PARM1(ctx), region, start, start + PT_REGS_PARM4(ctx), call);
	return 0;
}

SEC("uprobe/mirrorscope_ucache_hit")
int ucache_hit__said(struct pt_regs *ctx)
{
	u64 start = PT_REGS_PARM3(ctx);

	own_stack(ctx);
	if (ready)
		ucache_found(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), start, start + PT_REGS_PARM4(ctx));
	return 0;
}

SEC("uprobe/mirrorscope_ucache_put")
int ucache_put__said(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_given_back(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
	return 0;
}

SEC("uprobe/mirrorscope_ucache_evict")
int ucache_evict__said(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_evicted(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), (u32)PT_REGS_PARM3(ctx));
	return 0;
}

SEC("uprobe/mirrorscope_ucache_event")
int ucache_event__said(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_told(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
	return 0;
}

SEC("uprobe/mirrorscope_ucache_end")
int ucache_end__said(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_ended(PT_REGS_PARM1(ctx));
	return 0;
}
