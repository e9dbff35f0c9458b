/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks of registration caches in user space share: the call that a task is in, and the records. */
#ifndef MIRRORSCOPE_BPF_UCACHE_H
#define MIRRORSCOPE_BPF_UCACHE_H

#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/holders.bpf.h"

extern ms_t_u32 ready;

/*
 * A hook of a library is a file of programs "uprobe/FUNCTION" and "uretprobe/FUNCTION"; the collector puts each on every file that has
 * the function, exported or in a symbol table (collector/kernel/elf_functions.h), so a static link is found as a library is. What a hook
 * reads of the library's structs must be the same in all its versions: that is said where it is read.
 */

struct nowhere {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
};
extern struct nowhere nowhere SEC(".maps");

/*
 * Each program of a uprobe says this: the tail call is never made, but a program that has one keeps its variables on the stack of its task.
 * Without it, from 6.13 on, they are in memory that the CPU has once per program (kernel/bpf/verifier.c, bpf_enable_priv_stack() and
 * check_max_stack_depth()), and another task may run the same program on the CPU meanwhile: nothing prevents that for uprobes
 * (include/linux/bpf.h, bpf_prog_run_array_uprobe()), as bpf_prog_active does for kprobes. Then a record has fields of the other task's.
 */
static __always_inline void own_stack(struct pt_regs *ctx)
{
	if (!config.ucache)
		bpf_tail_call(ctx, &nowhere, 0);
}

/* A call of the cache between its entry and its return. */
struct ucache_call {
	u64 cache;
	u64 start, length; /* what was looked for */
	u64 result[2];	   /* where the region may be left for the caller */
	u64 inserted;	   /* the region, or something in it, that this call put into the cache */
	u64 registered;	   /* the registration that the kernel made in it: its umem */
	u64 also;	   /* a second one: UCX with relaxed ordering makes one for each order (src/uct/ib/base/ib_md.c) */
};

/* Caches lie upon each other: the registration of one may be a get of the next. */
enum { MS_UCACHE_DEPTH = 4 };

struct ucache_task {
	u64 depth;
	struct ucache_call calls[MS_UCACHE_DEPTH];
};

struct ucache_tasks {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32); /* tid */
	__type(value, struct ucache_task);
};
extern struct ucache_tasks ucache_tasks SEC(".maps");

/* Which region of which cache: by the region itself and by the registrations behind it. */
struct ucache_name {
	u64 mm, name;
};

struct ucache_region {
	u64 cache, region;
};

struct ucache_regions {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct ucache_name);
	__type(value, struct ucache_region);
};
extern struct ucache_regions ucache_regions SEC(".maps");

static __always_inline struct ucache_call *innermost(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct ucache_task *task = bpf_map_lookup_elem(&ucache_tasks, &tid);
	u64 depth = task ? task->depth : 0;

	return depth && depth <= MS_UCACHE_DEPTH ? &task->calls[(depth - 1) & (MS_UCACHE_DEPTH - 1)] : 0;
}

/* 0 if nobody wants to know. */
static __always_inline struct ucache_call *enter_call(u64 cache, u64 start, u64 length)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct ucache_call *call;
	struct ucache_task *task;

	if (!ready || !wanted(task_mm()))
		return 0;
	task = bpf_map_lookup_elem(&ucache_tasks, &tid);
	if (!task) {
		struct ucache_task none = {};

		bpf_map_update_elem(&ucache_tasks, &tid, &none, BPF_ANY);
		task = bpf_map_lookup_elem(&ucache_tasks, &tid);
		if (!task)
			return 0;
	}
	call = &task->calls[task->depth & (MS_UCACHE_DEPTH - 1)];
	task->depth++;
	*call = (struct ucache_call){.cache = cache, .start = start, .length = length};
	return task->depth <= MS_UCACHE_DEPTH ? call : 0;
}

/* At the return: what enter_call() made. It stays readable until the task's next call. */
static __always_inline struct ucache_call *leave_call(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct ucache_task *task = bpf_map_lookup_elem(&ucache_tasks, &tid);
	u64 depth = task ? task->depth : 0;

	if (!depth)
		return 0;
	task->depth = depth - 1;
	return depth <= MS_UCACHE_DEPTH ? &task->calls[(depth - 1) & (MS_UCACHE_DEPTH - 1)] : 0;
}

static __always_inline u64 user_word(u64 address)
{
	u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline struct ucache_region *region_named(u64 name)
{
	struct ucache_name key = {(u64)task_mm(), name};

	return bpf_map_lookup_elem(&ucache_regions, &key);
}

static __always_inline void forget_region(u64 name)
{
	struct ucache_name key = {(u64)task_mm(), name};

	bpf_map_delete_elem(&ucache_regions, &key);
}

static __always_inline void name_region(u64 mm, u64 name, u64 cache, u64 region)
{
	struct ucache_region value = {cache, region};
	struct ucache_name key = {mm, name};

	bpf_map_update_elem(&ucache_regions, &key, &value, BPF_ANY);
}

/* The region is its own name in what gives it up. */
static __always_inline void ucache_inserted(u64 cache, u64 region, u64 start, u64 end, const struct ucache_call *call)
{
	struct mm_struct *mm = task_mm();
	u64 registered = call ? call->registered : 0, also = call ? call->also : 0;

	if (!wanted(mm))
		return;
	becomes_holder(mm);
	name_region((u64)mm, region, cache, region);
	if (registered)
		name_region((u64)mm, registered, cache, region);
	RECORD(ucache_insert, mm, .cache = cache, .region = region, .start = start, .end = end, .ctx = registered);
	if (!also)
		return;
	name_region((u64)mm, also, cache, region);
	RECORD(ucache_insert, mm, .cache = cache, .region = region, .start = start, .end = end, .ctx = also);
}

static __always_inline void ucache_found(u64 cache, u64 region, u64 start, u64 end)
{
	EMIT(ucache_hit, task_mm(), .cache = cache, .region = region, .start = start, .end = end);
}

static __always_inline void ucache_given_back(u64 cache, u64 region)
{
	EMIT(ucache_put, task_mm(), .cache = cache, .region = region);
}

static __always_inline void ucache_evicted(u64 cache, u64 region, u32 freed)
{
	EMIT(ucache_evict, task_mm(), .cache = cache, .region = region, .freed = freed);
}

static __always_inline void ucache_told(u64 cache, u64 start, u64 length)
{
	EMIT(ucache_event, task_mm(), .cache = cache, .start = start, .end = start + length);
}

static __always_inline void ucache_ended(u64 cache)
{
	EMIT(ucache_end, task_mm(), .cache = cache);
}

/* The kernel registered memory for this task: if that is a cache's doing, it is the registration behind the region. */
static __always_inline void note_registration(u64 ctx)
{
	struct ucache_call *call;

	if (!config.ucache)
		return;
	call = innermost();
	if (!call)
		return;
	if (call->registered)
		call->also = ctx;
	else
		call->registered = ctx;
}

/*
 * The kernel ends a registration: if a cache's region rests on it, that is freed, whoever asked for it. Not when a process ends with
 * its registrations (do_exit(): exit_mm() comes before exit_files(), so that there is no mm any more).
 */
static __always_inline void note_registration_end(u64 ctx)
{
	struct ucache_region *found;
	struct ucache_call *call;

	if (!config.ucache || !task_mm())
		return;
	/* a cache that tries again, merged with others or against another thread, ends what it registered first */
	call = innermost();
	if (call && call->also == ctx)
		call->also = 0;
	if (call && call->registered == ctx) {
		call->registered = call->also;
		call->also = 0;
	}
	found = region_named(ctx);
	if (!found)
		return;
	ucache_evicted(found->cache, found->region, 1);
	forget_region(ctx);
}

#endif
