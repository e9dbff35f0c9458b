/* SPDX-License-Identifier: GPL-2.0 */
/* Which mms have memory that a device, or a registration cache, holds by its pages: only their VMAs are of interest (vma.bpf.c). */
#ifndef MIRRORSCOPE_BPF_HOLDERS_H
#define MIRRORSCOPE_BPF_HOLDERS_H

#include "bpf/kernel.bpf.h"
#include "bpf/shared.h"

/* An mm stays in the set to its end (exit_mmap()). Least recently used, because a recorder without that probe never hears of the end. */
struct holders {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u8);
};
extern struct holders holders SEC(".maps");
extern ms_t_u32 holding; /* how many there are: while it is 0 nobody pays more than this test */

static __always_inline void becomes_holder(const void *mm)
{
	u64 key = (u64)mm;
	u8 one = 1;

	if (key && !bpf_map_lookup_elem(&holders, &key) && !bpf_map_update_elem(&holders, &key, &one, BPF_NOEXIST))
		__sync_fetch_and_add(&holding, 1);
}

static __always_inline bool is_holder(const void *mm)
{
	u64 key = (u64)mm;

	return holding && key && bpf_map_lookup_elem(&holders, &key);
}

static __always_inline void ends_as_holder(const void *mm)
{
	u64 key = (u64)mm;

	if (holding && !bpf_map_delete_elem(&holders, &key))
		__sync_fetch_and_add(&holding, -1);
}

#endif
