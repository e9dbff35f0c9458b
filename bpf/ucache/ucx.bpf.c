// SPDX-License-Identifier: GPL-2.0
/* What UCX's registration cache keeps, hands out, hears of and gives up. src/ucs/memory/rcache.c, src/ucm/event/event.c. */
#include "bpf/ucache/ucache.bpf.h"

/*
 * All of it is exported. Misses and evictions are seen in the page table of the cache (src/ucs/datastruct/pgtable.c), which others have, too:
 * an insertion counts inside ucs_rcache_get(), a removal if the region was inserted so. Its first two words are its start and end
 * (ucs_pgt_region_t). The end of its registration is the kernel's dereg.
 *
 * Not seen: a hit that another library has inlined (ucs_rcache_get_unsafe() of rcache.inl, in libucp since 1.14), and regions that
 * were there before recording.
 */
SEC("uprobe/ucs_rcache_get")
int ucache_hit__ucx_enter(struct pt_regs *ctx)
{
	struct ucache_call *call = enter_call(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));

	own_stack(ctx);
	if (!call)
		return 0;
	/* (rcache, address, length, prot, arg, region_p), since 1.15 with `alignment` before prot, which moves region_p to the stack */
	call->result[0] = ctx->r9;
	call->result[1] = user_word(PT_REGS_SP(ctx) + 8);
	return 0;
}

/* The region that was left at one of the places: it covers what was looked for. */
static __always_inline u64 region_at(u64 place, const struct ucache_call *call)
{
	u64 region = place ? user_word(place) : 0;

	if (region && user_word(region) <= call->start && call->start + call->length <= user_word(region + 8))
		return region;
	return 0;
}

SEC("uretprobe/ucs_rcache_get")
int ucache_hit__ucx(struct pt_regs *ctx)
{
	struct ucache_call *call = leave_call();
	u64 region;

	own_stack(ctx);
	if (!ready || !call || (s32)PT_REGS_RC(ctx))
		return 0;
	region = call->inserted;
	if (region) {
		ucache_inserted(call->cache, region, user_word(region), user_word(region + 8), call);
		return 0;
	}
	region = region_at(call->result[0], call);
	if (!region)
		region = region_at(call->result[1], call);
	if (region)
		ucache_found(call->cache, region, call->start, call->start + call->length);
	return 0;
}

/* ucs_pgtable_insert(pgtable, region): a failed one is followed by another, or ucs_rcache_get() fails. */
SEC("uprobe/ucs_pgtable_insert")
int ucache_insert__ucx(struct pt_regs *ctx)
{
	struct ucache_call *call = ready ? innermost() : 0;

	own_stack(ctx);
	if (call)
		call->inserted = PT_REGS_PARM2(ctx);
	return 0;
}

/* ucs_pgtable_remove(pgtable, region) */
SEC("uprobe/ucs_pgtable_remove")
int ucache_evict__ucx(struct pt_regs *ctx)
{
	u64 region = PT_REGS_PARM2(ctx);
	struct ucache_region *found = ready ? region_named(region) : 0;

	own_stack(ctx);
	if (!found)
		return 0;
	ucache_evicted(found->cache, region, 0);
	forget_region(region);
	return 0;
}

/* ucs_rcache_region_hold(rcache, region): one more user; ucs_rcache_get() calls it as well. */
SEC("uprobe/ucs_rcache_region_hold")
int ucache_hit__ucx_hold(struct pt_regs *ctx)
{
	u64 region = PT_REGS_PARM2(ctx);

	own_stack(ctx);
	if (ready && !innermost())
		ucache_found(PT_REGS_PARM1(ctx), region, user_word(region), user_word(region + 8));
	return 0;
}

/* ucs_rcache_region_put(rcache, region) */
SEC("uprobe/ucs_rcache_region_put")
int ucache_put__ucx(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_given_back(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
	return 0;
}

/* ucm_event_dispatch(event_type, event): every cache of the process that asked for it hears it, before the call that it tells of. */
SEC("uprobe/ucm_event_dispatch")
int ucache_event__ucx(struct pt_regs *ctx)
{
	u64 event = PT_REGS_PARM2(ctx);

	own_stack(ctx);
	/* UCM_EVENT_VM_UNMAPPED (src/ucm/api/ucm.h); event->vm_unmapped is {address, size} */
	if (ready && (u32)PT_REGS_PARM1(ctx) == 1U << 17)
		ucache_told(0, user_word(event), user_word(event + 8));
	return 0;
}

SEC("uprobe/ucs_rcache_destroy")
int ucache_end__ucx_enter(struct pt_regs *ctx)
{
	own_stack(ctx);
	enter_call(PT_REGS_PARM1(ctx), 0, 0);
	return 0;
}

SEC("uretprobe/ucs_rcache_destroy")
int ucache_end__ucx(struct pt_regs *ctx)
{
	struct ucache_call *call = leave_call();

	own_stack(ctx);
	if (ready && call)
		ucache_ended(call->cache);
	return 0;
}
