/* SPDX-License-Identifier: GPL-2.0 */
/* How one body becomes a trampoline program and a kprobe program: ENTRY, EXIT, ARG, RET, GET. */
#ifndef MIRRORSCOPE_BPF_PROBE_H
#define MIRRORSCOPE_BPF_PROBE_H

#include "bpf/core_drift.bpf.h"
#include "bpf/state.bpf.h"

/*
 *	ENTRY(inv_end, __mmu_notifier_invalidate_range_end)
 *	{
 *		const struct mmu_notifier_range *range = (void *)ARG(0);
 *		... GET(range, start) ...
 *	}
 *
 * makes two programs of one body: fentry `inv_end`, whose arguments the verifier knows by type, so that GET is a plain load;
 * and kprobe `inv_end__kp` for functions that have no BTF or no trampoline, where GET is bpf_probe_read_kernel(). The collector
 * loads one of them. The part of the name before "__" is the event that the program feeds. What follows "__or_" is the
 * function's name in other kernels: it is only looked for if the first one is missing.
 *
 * A body sees an array of arguments: the trampoline's own, or a struct call. Offsets are CO-RE's in both.
 */

/* What the body of a kprobe program sees. */
struct entry {
	struct call call;
	struct pt_regs *ctx;
};

static __always_inline struct call_key this_call(void *ctx)
{
	return (struct call_key){.tid = bpf_get_current_pid_tgid(), .program = bpf_get_attach_cookie(ctx)};
}

static __always_inline void arguments(struct call *call, struct pt_regs *regs)
{
	call->arg[0] = PT_REGS_PARM1(regs);
	call->arg[1] = PT_REGS_PARM2(regs);
	call->arg[2] = PT_REGS_PARM3(regs);
	call->arg[3] = PT_REGS_PARM4(regs);
	call->arg[4] = PT_REGS_PARM5(regs);
	call->arg[5] = regs->r9;
}

/* The call that returns here, once; false if its entry was not seen. */
static __always_inline bool saved_call(struct call *call, struct pt_regs *regs)
{
	struct call_key key = this_call(regs);
	struct call *saved = bpf_map_lookup_elem(&SHARED(calls), &key);

	if (!saved)
		return false;
	*call = *saved;
	call->ret = PT_REGS_RC(regs);
	bpf_map_delete_elem(&SHARED(calls), &key);
	return true;
}

#define BODY(name) static __always_inline int body_##name(const u64 *args, const bool direct)

#ifdef MIRRORSCOPE_BCC /* no trampolines; the collector writes the kprobe programs (collector/hooks/hook_bcc.cpp) */

#define ENTRY(name, function) BODY(name)
#define EXIT(name, function) BODY(name)
#define ENTRY_SELDOM ENTRY
#define EXIT_SELDOM EXIT

#else

/*
 * A trampoline program that is preempted makes the kernel skip the next run of the same program on this CPU (recursion_misses;
 * __bpf_prog_enter_recur(), kernel/bpf/trampoline.c). bpf_preempt_disable() does not help: its counterpart reschedules before
 * the program has left, and as many runs are skipped (7.2: 0.18 % with it, 0.19 % without).
 *
 * So on a preemptible kernel every trampoline program has two more behind it, both `name__again`: whichever runs first does the work. It
 * leaves a mark with its task's number, and those behind it say that they saw it, so that a mark left from the last call is known for what it
 * is. A run is lost only when all three are preempted on one CPU at a time. A mark that belongs to somebody else says nothing, and then
 * those behind the first do nothing: a loss is counted, a record made twice would be believed.
 */
extern ms_t_u32 marks[MS_MARKS];
extern ms_t_u64 covered[MS_GROUPS]; /* runs that only a program behind the first made */

/* The number of this group, and MS_LAST; a constant that the compiler does not know. */
static __always_inline u64 group(void)
{
	u64 number;

	asm("%0 = %1 ll" : "=r"(number) : "i"(MS_GROUP));
	return number;
}

/*
 * Who runs: the task, or the CPU where there is none. What a file defines MS_IN_INTERRUPTS for may interrupt itself between the two
 * programs, so each level of interrupt is somebody of its own there.
 */
#ifndef MS_IN_INTERRUPTS
#define MS_IN_INTERRUPTS 0
#endif
static __always_inline u32 runner(void)
{
	u32 task = bpf_get_current_pid_tgid(), level = MS_IN_INTERRUPTS ? interrupt_level() : 0;

	return task && !level ? task : 0x10000000 | bpf_get_smp_processor_id() << 2 | level;
}

static __always_inline ms_t_u32 *mark(u32 who)
{
	return &marks[(who + (group() & (MS_GROUPS - 1)) * 0x9e37) & (MS_MARKS - 1)];
}

enum {
	MARK_DONE, /* the last program of the group has run */
	MARK_RECORDED,
	MARK_SEEN, /* the second has run, and the record is made */
};

static __always_inline void leave_mark(void)
{
	u32 who;

	if (!group()) /* nobody comes after: the verifier leaves this out */
		return;
	who = runner();
	*mark(who) = who << 2 | MARK_RECORDED;
}

static __always_inline bool was_skipped(void)
{
	u32 who = runner(), found, state;
	const bool last = group() & MS_LAST;
	ms_t_u32 *m = mark(who);

	found = *m;
	if (found && found >> 2 != who)
		return false;
	state = found & 3;
	*m = who << 2 | (last ? MARK_DONE : MARK_SEEN);
	if (state == MARK_RECORDED || (last && state == MARK_SEEN))
		return false;
	__sync_fetch_and_add(&covered[group() & (MS_GROUPS - 1)], 1);
	return true;
}

/* Marks are left and looked at before `ready` is asked: those behind the first make up for nothing that happened before, and every run that they
 * make up for is counted, so that what is skipped and what is made up for balance whenever nobody is between the two. */
#define FIRST_AND_AGAIN(kind, target, name)                                                                            \
	SEC(kind target) int name(u64 *ctx)                                                                            \
	{                                                                                                              \
		leave_mark();                                                                                          \
		return ready ? body_##name(ctx, true) : 0;                                                             \
	}                                                                                                              \
	SEC(kind target) int name##__again(u64 *ctx)                                                                   \
	{                                                                                                              \
		return was_skipped() && ready ? body_##name(ctx, true) : 0;                                            \
	}

#define ALONE(kind, target, name)                                                                                      \
	SEC(kind target) int name(u64 *ctx)                                                                            \
	{                                                                                                              \
		return ready ? body_##name(ctx, true) : 0;                                                             \
	}

#define ENTRY(name, function) ENTRY_(name, "/" #function, FIRST_AND_AGAIN)
#define EXIT(name, function) EXIT_(name, "/" #function, FIRST_AND_AGAIN)

/*
 * For a function that runs once in the life of an object - a notifier, an mm - or of whole allocations: nobody waits on the same CPU to run it
 * while a program in it is preempted. Every program more is walked through by the verifier, and put into the function and taken out again by
 * four passes over all functions of the kernel (update_ftrace_direct_mod()). If a run is skipped nevertheless, it is a loss.
 */
#define ENTRY_SELDOM(name, function) ENTRY_(name, "/" #function, ALONE)
#define EXIT_SELDOM(name, function) EXIT_(name, "/" #function, ALONE)

#define ENTRY_(name, target, programs)                                                                                 \
	BODY(name);                                                                                                    \
	programs("fentry", target, name)                                                                               \
	SEC("kprobe" target) int name##__kp(struct pt_regs *ctx)                                                       \
	{                                                                                                              \
		struct entry entry;                                                                                    \
                                                                                                                       \
		if (!ready)                                                                                            \
			return 0;                                                                                      \
		arguments(&entry.call, ctx);                                                                           \
		entry.ctx = ctx;                                                                                       \
		return body_##name(entry.call.arg, false);                                                             \
	}                                                                                                              \
	BODY(name)

#define EXIT_(name, target, programs)                                                                                  \
	BODY(name);                                                                                                    \
	programs("fexit", target, name)                                                                                \
	SEC("kretprobe" target) int name##__kp(struct pt_regs *ctx)                                                    \
	{                                                                                                              \
		struct call call;                                                                                      \
                                                                                                                       \
		if (!ready || !saved_call(&call, ctx))                                                                 \
			return 0;                                                                                      \
		return body_##name(call.arg, false);                                                                   \
	}                                                                                                              \
	BODY(name)

#endif

/* Argument n of the function. */
#define ARG(n) (args[n])

/*
 * The same as a number. The verifier allows no arithmetic with a pointer that it knows, and in 6.x it does not let a
 * program read an argument that is a pointer to a pointer ("type PTR is not a struct").
 */
#define ADDRESS(n) address_of(args, n, direct)
static __always_inline u64 address_of(const u64 *args, const u32 n, const bool direct)
{
	u64 value = 0;

	if (!direct)
		return args[n];
	bpf_get_func_arg((void *)args, n, &value);
	return value;
}

/* What the function returned (EXIT only). Where kernels differ in the number of arguments this still finds it. */
#define RET() returned(args, direct)
static __always_inline u64 returned(const u64 *args, const bool direct)
{
	u64 value = 0;

	if (!direct)
		return ((const struct call *)args)->ret;
	bpf_get_func_ret((void *)args, &value);
	return value;
}

/* A field of a kernel struct: a load that the verifier turns into a safe one, or a helper call. */
#define GET(source, field)                                                                                             \
	({                                                                                                             \
		typeof(({ (source)->field; })) _value; /* without const */                                             \
		if (direct)                                                                                            \
			_value = (source)->field;                                                                      \
		else                                                                                                   \
			bpf_core_read(&_value, sizeof(_value), &(source)->field);                                      \
		_value;                                                                                                \
	})

/* The same for a pointer that the verifier knows no type for: what a function returned, what was computed. */
#define READ(source, field)                                                                                            \
	({                                                                                                             \
		typeof(({ (source)->field; })) _value = 0;                                                             \
		bpf_core_read(&_value, sizeof(_value), &(source)->field);                                              \
		_value;                                                                                                \
	})

/* A kernel address as an identity. */
#define ID(pointer) ((u64)(pointer))

#endif
