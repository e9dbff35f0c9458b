/* SPDX-License-Identifier: GPL-2.0 */
/* Where programs leave the callbacks that they meet, for the collector to attach to. */
#ifndef MIRRORSCOPE_BPF_FOUND_H
#define MIRRORSCOPE_BPF_FOUND_H

#include "bpf/kernel.bpf.h"
#include "bpf/shared.h"

struct found {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);   /* address of a callback */
	__type(value, u32); /* enum ms_callback */
};
extern struct found found SEC(".maps");

static __always_inline void find(u64 fn, u32 kind)
{
	if (fn && !bpf_map_lookup_elem(&found, &fn))
		bpf_map_update_elem(&found, &fn, &kind, BPF_NOEXIST);
}

static __always_inline void find_sub(u64 first, u64 finish)
{
	find(first, finish ? MS_invalidate_start : MS_invalidate);
	find(finish, MS_invalidate_finish);
}

static __always_inline void find_ops(u64 start, u64 end, u64 release)
{
	find(start, MS_range_start);
	find(end, MS_range_end);
	find(release, MS_release);
}

#endif
