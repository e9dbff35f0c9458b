/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks are in the start of an invalidation that must not block: that one sleeps there is a record (sleep.bpf.c). */
#ifndef MIRRORSCOPE_BPF_NONBLOCK_H
#define MIRRORSCOPE_BPF_NONBLOCK_H

#include "bpf/kernel.bpf.h"
#include "bpf/shared.h"

#define MMU_NOTIFIER_RANGE_BLOCKABLE 1 /* a macro: BTF has it not */

/* By tid, the mm that is being invalidated: the OOM reaper's own is another. */
struct nonblocking {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
};
extern struct nonblocking nonblocking SEC(".maps");
extern ms_t_u32 nonblock_starts; /* how many there are: while it is 0 a context switch pays no more than this test */

static __always_inline void nonblock_start(u32 flags, const void *mm)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 invalidated = (u64)mm;

	if (flags & MMU_NOTIFIER_RANGE_BLOCKABLE)
		return;
	if (!bpf_map_update_elem(&nonblocking, &tid, &invalidated, BPF_NOEXIST))
		__sync_fetch_and_add(&nonblock_starts, 1);
}

static __always_inline void nonblock_end(u32 flags)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (flags & MMU_NOTIFIER_RANGE_BLOCKABLE)
		return;
	if (!bpf_map_delete_elem(&nonblocking, &tid))
		__sync_fetch_and_add(&nonblock_starts, -1);
}

#endif
