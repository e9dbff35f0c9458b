/* SPDX-License-Identifier: GPL-2.0 */
/* What the templates for drivers' callbacks share: which callback this copy watches, and calls whose object may vanish. */
#ifndef MIRRORSCOPE_BPF_CALLBACK_H
#define MIRRORSCOPE_BPF_CALLBACK_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * These programs name no function. For each callback that it finds, the collector takes their instructions, writes the
 * address of the callback in place of MS_CALLBACK (collector/probes/programs.h) and attaches the copy. Comparing that constant
 * with the ops of the sub sorts out direct calls: a driver may call a function of this prototype from where it likes,
 * and that is no callback.
 */
static __always_inline u64 callback(void)
{
	u64 fn;

	asm("%0 = %1 ll" : "=r"(fn) : "i"(MS_CALLBACK));
	return fn;
}

/* Calls whose object may be gone when they return: what was known at the entry. */
struct inside_key {
	u64 object;
	u64 tid;
};

struct inside {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct inside_key);
	__type(value, u64); /* the mm */
};
extern struct inside inside SEC(".maps");

static __always_inline void enter(u64 object, struct mm_struct *mm)
{
	struct inside_key key = {.object = object, .tid = (u32)bpf_get_current_pid_tgid()};
	u64 value = ID(mm);

	bpf_map_update_elem(&inside, &key, &value, BPF_ANY);
}

static __always_inline u64 leave(u64 object)
{
	struct inside_key key = {.object = object, .tid = (u32)bpf_get_current_pid_tgid()};
	u64 *value = bpf_map_lookup_elem(&inside, &key);
	u64 mm = value ? *value : 0;

	if (value)
		bpf_map_delete_elem(&inside, &key);
	return mm;
}

#endif
