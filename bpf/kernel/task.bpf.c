// SPDX-License-Identifier: GPL-2.0
/* Who joins and leaves the filter while recording runs, and the names of the tasks that die. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * These programs do not ask `ready`: what happens between the first look at all tasks (seen.bpf.c) and the start of
 * recording must not be missed. The follow_* programs are loaded only when there is a filter. Tracepoints of
 * include/trace/events/sched.h, task.h and cgroup.h; sched_process_exit got a second argument in 6.16, which is not
 * read.
 */

/* kernel_clone(): the child is complete, mm included, and does not run yet. */
SEC("tp_btf/sched_process_fork")
int follow_fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	u32 tgid = parent->tgid;

	if (child->tgid == parent->tgid || !bpf_map_lookup_elem(&wanted_tgids, &tgid))
		return 0;
	want_process(child->tgid);
	want_mm(child->mm);
	return 0;
}

/* exec_binprm(): name and mm are the new ones. The old mm stays in the set until its end. */
SEC("tp_btf/sched_process_exec")
int follow_exec(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 tgid = task->tgid;

	if (!bpf_map_lookup_elem(&wanted_tgids, &tgid)) {
		if (!is_wanted(task))
			return 0;
		want_process(tgid);
	}
	want_mm(task->mm);
	return 0;
}

/* __set_task_comm(): the task still has its old name, the new one is the second argument. */
SEC("tp_btf/task_rename")
int follow_rename(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	if (!config.by_comm || !same_name((const char *)ctx[1]))
		return 0;
	want_process(task->tgid);
	want_mm(task->mm);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int follow_cgroup(u64 *ctx)
{
	struct cgroup *cgroup = (void *)ctx[0];
	struct task_struct *task = (void *)ctx[2];

	if (!config.by_cgroup || !in_wanted_cgroup(cgroup))
		return 0;
	want_process(task->tgid);
	want_mm(task->mm);
	return 0;
}

/* Not exit_mmap(): what a file descriptor holds, subs among it, goes after that (do_exit(): exit_mm() comes before
 * exit_files()). */
SEC("fentry/__mmdrop")
int follow_mm_drop(u64 *ctx)
{
	u64 mm = ctx[0];

	bpf_map_delete_elem(&wanted_mms, &mm);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int follow_exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 tgid = task->tgid;

	if (task->signal->live.counter == 0)
		bpf_map_delete_elem(&wanted_tgids, &tgid);
	return 0;
}

/* A task that is in the records takes its name with it; those still alive can be asked through /proc. */
SEC("tp_btf/sched_process_exit")
int task_name(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 mark = task->pid & (MS_SPOKE - 1);
	struct ev_task_name *e;

	if (!ready || !spoke[mark])
		return 0;
	spoke[mark] = 0;
	e = RESERVE(task_name);
	if (!e)
		return 0;
	e->task = task->pid;
	e->process = task->tgid;
	__builtin_memset(e->comm, 0, sizeof(e->comm)); /* the ring's memory holds what was there before */
	bpf_core_read_str(e->comm, sizeof(e->comm), &task->comm);
	SUBMIT(task_name, e, 0);
	spoke[mark] = 0; /* this record was not the task's own doing */
	return 0;
}
