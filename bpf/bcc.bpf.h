/* SPDX-License-Identifier: GPL-2.0 */
/* What a hook finds when BCC compiles it: the kernel's own headers, and maps and variables by the numbers that the collector gives. */
#ifndef MIRRORSCOPE_BPF_BCC_H
#define MIRRORSCOPE_BPF_BCC_H

/*
 * A module without BTF (a DKMS build, mostly) has its structs in its headers only. BCC compiles with the headers of the running kernel, so the
 * offsets are the compiler's and no field is looked up: GET and READ are bpf_probe_read_kernel(). BCC brings the helpers' declarations; maps
 * exist already and are reached by their fds, variables at their offset in the map that is .bss (collector/hooks/hook_bcc.cpp defines MS_FD_* and MS_AT_*).
 */
#include <linux/types.h>
#include <linux/err.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

#include "bpf/shared.h"

#define SEC(name) __attribute__((section(name), used))
#define bpf_core_read(to, size, from) bpf_probe_read_kernel(to, size, from)

/* The headers are the running kernel's: nothing drifts. */
#define MIRRORSCOPE_BPF_CORE_DRIFT_H
#define ERR_PTR_MIN ((u64)-MAX_ERRNO)

/* Not named as in state.bpf.c: a header of the driver that comes behind this one may have a field `ready`. */
#define SHARED(name) MS_SHARED_##name
#define MS_MAP(name) (*(char *)bpf_pseudo_fd(1 /* BPF_PSEUDO_MAP_FD */, MS_FD_##name))
#define MS_VARIABLE(type, name) ((type *)(bpf_pseudo_fd(2 /* BPF_PSEUDO_MAP_VALUE */, MS_FD_bss) + MS_AT_##name))

#define MS_SHARED_rings MS_MAP(rings)
#define MS_SHARED_calls MS_MAP(calls)
#define MS_SHARED_wanted_mms MS_MAP(wanted_mms)
#define MS_SHARED_cpus MS_VARIABLE(struct ms_cpu, cpus)
#define MS_SHARED_spoke MS_VARIABLE(ms_t_u8, spoke)
#define MS_SHARED_ready (*MS_VARIABLE(ms_t_u32, ready))
#define MS_SHARED_self_mm (*MS_VARIABLE(ms_t_u64, self_mm))
#define MS_SHARED_config ((struct ms_config){.by_mm = MS_CONFIG_BY_MM})

/* The mm of the task that does this; 0 in a kernel thread. */
static __always_inline struct mm_struct *task_mm(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = 0;

	bpf_probe_read_kernel(&mm, sizeof(mm), &task->mm);
	return mm;
}

#endif
