// SPDX-License-Identifier: GPL-2.0
/* What libfabric's MR cache keeps, hands out, hears of and gives up. prov/util/src/util_mr_cache.c, util_mem_monitor.c. */
#include "bpf/ucache/ucache.bpf.h"

/*
 * None of it is exported: libfabric.so shows fi_*() only, so these functions have names only where the library is not stripped, where its
 * debug symbols are installed, or where it is linked statically (libfabric.a). In a stripped one nothing of the cache can be seen
 * but what it asks of the kernel: its misses are `reg`, its evictions `dereg`, and REG-05 and REG-23 judge them; its hits are lost.
 *
 * An entry begins with its iovec (struct ofi_mr_entry, ofi_mr_info).
 */
SEC("uprobe/ofi_mr_cache_search")
int ucache_hit__ofi_enter(struct pt_regs *ctx)
{
	u64 info = PT_REGS_PARM2(ctx);
	struct ucache_call *call = enter_call(PT_REGS_PARM1(ctx), user_word(info), user_word(info + 8));

	own_stack(ctx);
	if (call)
		call->result[0] = PT_REGS_PARM3(ctx);
	return 0;
}

/* An entry that is not kept, because the cache is full, was never subscribed: then neither is said. */
SEC("uretprobe/ofi_mr_cache_search")
int ucache_hit__ofi(struct pt_regs *ctx)
{
	struct ucache_call *call = leave_call();
	u64 entry, start;

	own_stack(ctx);
	if (!ready || !call || (s32)PT_REGS_RC(ctx))
		return 0;
	entry = user_word(call->result[0]);
	if (!entry)
		return 0;
	start = user_word(entry);
	if (call->inserted) {
		ucache_inserted(call->cache, entry, start, start + user_word(entry + 8), call);
		return 0;
	}
	ucache_found(call->cache, entry, call->start, call->start + call->length);
	return 0;
}

/* ofi_mr_cache_find(cache, attr, flags) returns an entry or NULL; attr begins with its iovec. */
SEC("uprobe/ofi_mr_cache_find")
int ucache_hit__ofi_find_enter(struct pt_regs *ctx)
{
	u64 iovec = user_word(PT_REGS_PARM2(ctx));

	own_stack(ctx);
	enter_call(PT_REGS_PARM1(ctx), user_word(iovec), user_word(iovec + 8));
	return 0;
}

SEC("uretprobe/ofi_mr_cache_find")
int ucache_hit__ofi_find(struct pt_regs *ctx)
{
	struct ucache_call *call = leave_call();
	u64 entry = PT_REGS_RC(ctx);

	own_stack(ctx);
	if (ready && call && entry)
		ucache_found(call->cache, entry, call->start, call->start + call->length);
	return 0;
}

/* ofi_monitor_subscribe(monitor, addr, len, hmem_info): in util_mr_cache_create(), once the entry is in the tree. */
SEC("uprobe/ofi_monitor_subscribe")
int ucache_insert__ofi(struct pt_regs *ctx)
{
	struct ucache_call *call = ready ? innermost() : 0;

	own_stack(ctx);
	if (call)
		call->inserted = PT_REGS_PARM4(ctx);
	return 0;
}

/*
 * ofi_rbmap_delete(map, node): of any tree of the library, so it must be the node of an entry. Every version takes an entry out of the cache
 * so; ofi_monitor_unsubscribe() beside it is not in all of them (not in 1.17). A node (struct ofi_rbnode, ofi_tree.h) has its entry
 * behind three links and a colour.
 */
SEC("uprobe/ofi_rbmap_delete")
int ucache_evict__ofi(struct pt_regs *ctx)
{
	u64 entry = ready ? user_word(PT_REGS_PARM2(ctx) + 32) : 0;
	struct ucache_region *found = entry ? region_named(entry) : 0;

	own_stack(ctx);
	if (!found)
		return 0;
	ucache_evicted(found->cache, entry, 0);
	forget_region(entry);
	return 0;
}

/* ofi_mr_cache_delete(cache, entry) */
SEC("uprobe/ofi_mr_cache_delete")
int ucache_put__ofi(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_given_back(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
	return 0;
}

/* ofi_mr_cache_notify(cache, addr, len): from the hooks before the call, from userfaultfd after it */
SEC("uprobe/ofi_mr_cache_notify")
int ucache_event__ofi(struct pt_regs *ctx)
{
	own_stack(ctx);
	if (ready)
		ucache_told(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
	return 0;
}

SEC("uprobe/ofi_mr_cache_cleanup")
int ucache_end__ofi_enter(struct pt_regs *ctx)
{
	own_stack(ctx);
	enter_call(PT_REGS_PARM1(ctx), 0, 0);
	return 0;
}

SEC("uretprobe/ofi_mr_cache_cleanup")
int ucache_end__ofi(struct pt_regs *ctx)
{
	struct ucache_call *call = leave_call();

	own_stack(ctx);
	if (ready && call)
		ucache_ended(call->cache);
	return 0;
}
