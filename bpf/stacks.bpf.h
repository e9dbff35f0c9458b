/* SPDX-License-Identifier: GPL-2.0 */
/* How the kernel stack of a task gets into the trace: as a number that the collector resolves. */
#ifndef MIRRORSCOPE_BPF_STACKS_H
#define MIRRORSCOPE_BPF_STACKS_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/probe.bpf.h"

struct stacks {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(u32));
	__uint(value_size, MS_STACK_DEPTH * sizeof(u64));
};
extern struct stacks stacks SEC(".maps");

/*
 * In an ENTRY. Negative: no stack was asked for, or its slot is taken by another one. In a trampoline the first two frames are always this
 * program and the trampoline; the next one is the probed function in 6.x, and its caller where the trampoline is entered by a jump (7.x).
 */
static __always_inline s32 caller(const u64 *args, const bool direct)
{
	if (!config.stacks)
		return -1;
	if (direct)
		return bpf_get_stackid((void *)args, &stacks, 2);
	return bpf_get_stackid(((const struct entry *)args)->ctx, &stacks, 0);
}

/* In an EXIT, whose kprobe form has no registers any more. */
static __always_inline s32 caller_at_return(const u64 *args, const bool direct)
{
	return config.stacks && direct ? bpf_get_stackid((void *)args, &stacks, 2) : -1;
}

/* Says where this task stands, for the record that it makes next. */
static __always_inline void call_site(s32 stack, const void *mm)
{
	if (stack >= 0)
		RECORD(call_site, mm, .stack = stack);
}

#endif
