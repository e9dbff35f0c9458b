/* SPDX-License-Identifier: GPL-2.0 */
/* How processes come to be wanted, and whose mm a struct mmu_notifier_subscriptions is. */
#ifndef MIRRORSCOPE_BPF_FOLLOW_H
#define MIRRORSCOPE_BPF_FOLLOW_H

#include "bpf/filter.bpf.h"
#include "bpf/probe.bpf.h"

extern ms_t_u32 joined; /* how many processes joined the set: the iterator is run again until this stands still */

/* Processes, because exec replaces the mm. */
struct wanted_tgids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u8);
};
extern struct wanted_tgids wanted_tgids SEC(".maps");

/* By cgroup v2 id, as bpf_get_current_cgroup_id() gives it. */
struct wanted_cgroups {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u8);
};
extern struct wanted_cgroups wanted_cgroups SEC(".maps");

/* Is it one of them, or below one? The parent of a cgroup is that of its `self`: cgroup_parent(), include/linux/cgroup.h. */
static __always_inline bool in_wanted_cgroup(struct cgroup *cgroup)
{
	for (u32 up = 0; up < MS_CGROUP_DEPTH && cgroup; ++up) {
		struct kernfs_node *node = READ(cgroup, kn);
		u64 id = READ(node, id);
		struct cgroup_subsys_state *parent;

		if (bpf_map_lookup_elem(&wanted_cgroups, &id))
			return true;
		parent = READ(cgroup, self.parent);
		if (!parent)
			return false;
		cgroup = (void *)((u64)parent - bpf_core_field_offset(struct cgroup, self));
	}
	return false;
}

static __always_inline bool same_name(const void *kernel_string)
{
	const volatile u64 *asked = (const volatile u64 *)config.comm;
	u64 name[2] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), kernel_string);
	return name[0] == asked[0] && name[1] == asked[1];
}

static __always_inline void want_mm(const void *mm)
{
	u64 key = (u64)mm;
	u8 one = 1;

	if (key)
		bpf_map_update_elem(&wanted_mms, &key, &one, BPF_ANY);
}

static __always_inline void want_process(u32 tgid)
{
	u8 one = 1;

	if (!bpf_map_update_elem(&wanted_tgids, &tgid, &one, BPF_NOEXIST))
		__sync_fetch_and_add(&joined, 1);
}

/* Is this process wanted for its name, its cgroup or its parent? */
static __always_inline bool is_wanted(struct task_struct *task)
{
	u32 parent = task->real_parent->tgid;

	if (config.by_comm && same_name(&task->comm))
		return true;
	if (config.by_cgroup && in_wanted_cgroup(task->cgroups->dfl_cgrp))
		return true;
	return bpf_map_lookup_elem(&wanted_tgids, &parent);
}

/*
 * The mm of a struct mmu_notifier_subscriptions, which does not know it itself: entered when it is registered or found
 * by the task iterator, gone after exit_mmap(). 0 if neither happened yet.
 */
struct owners {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u64);
};
extern struct owners owners SEC(".maps");

static __always_inline u64 owner_of(const void *subs)
{
	u64 key = (u64)subs;
	u64 *mm = bpf_map_lookup_elem(&owners, &key);

	return mm ? *mm : 0;
}

static __always_inline void learn_owner(const void *subs, const void *mm)
{
	u64 key = (u64)subs, value = (u64)mm;

	if (key)
		bpf_map_update_elem(&owners, &key, &value, BPF_ANY);
}

static __always_inline void forget_owner(const void *subs)
{
	u64 key = (u64)subs;

	bpf_map_delete_elem(&owners, &key);
}

#endif
