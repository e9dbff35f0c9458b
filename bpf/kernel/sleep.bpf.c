// SPDX-License-Identifier: GPL-2.0
/* Who leaves the CPU of his own accord where an invalidation must not block. include/trace/events/sched.h, kernel/sched/core.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/nonblock.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * __schedule() says it with the old task still current: trace_sched_switch(preempt, prev, next, prev_state). A task that is preempted, or
 * gives the CPU away and is runnable, does not sleep. Not seen: what could have slept and did not.
 */
SEC("tp_btf/sched_switch")
int might_sleep(u64 *ctx)
{
	const bool preempted = ctx[0] & 1;
	struct task_struct *prev = (void *)ctx[1];
	u32 tid;
	u64 *mm;

	if (!nonblock_starts || !ready || preempted || !(u32)ctx[3] /* TASK_RUNNING */)
		return 0;
	tid = prev->pid;
	mm = bpf_map_lookup_elem(&nonblocking, &tid);
	return mm ? EMIT(might_sleep, *mm, .slept = 1) : 0;
}
