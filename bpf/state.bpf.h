/* SPDX-License-Identifier: GPL-2.0 */
/* Which variables and maps every program uses: state.bpf.c defines them, or BCC is told their numbers. */
#ifndef MIRRORSCOPE_BPF_STATE_H
#define MIRRORSCOPE_BPF_STATE_H

#ifdef MIRRORSCOPE_BCC

#include "bpf/bcc.bpf.h"

#else

#include "bpf/kernel.bpf.h"
#include "bpf/shared.h"

#define SHARED(name) name

extern struct ms_cpu cpus[MS_MAX_CPUS];
extern ms_t_u32 ready;		 /* no body runs before user space sets it */
extern ms_t_u8 spoke[MS_SPOKE]; /* which tasks are in the records: their names are wanted when they die (task.bpf.c) */
extern ms_t_u64 self_mm;	 /* of the recorder, found by the task iterator */
extern const volatile struct ms_config config;

/* One ring per CPU: with one shared ring the reserve lock is what is measured (docs/decisions.md). */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the collector sets the real size of the inner maps */
};

struct rings {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MS_MAX_CPUS);
	__type(key, u32);
	__array(values, struct ring);
};
extern struct rings rings SEC(".maps");

struct wanted_mms {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u8);
};
extern struct wanted_mms wanted_mms SEC(".maps");

#endif

/* The arguments of a function and what it returned, as a kprobe program sees them. */
struct call {
	u64 arg[6];
	u64 ret;
};

/* A kretprobe does not see the arguments: kprobe `save_call` keeps them until the function returns. */
struct call_key {
	u32 tid;
	u32 program; /* the cookie of the kretprobe that will ask */
};

#ifndef MIRRORSCOPE_BCC
struct calls {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct call_key);
	__type(value, struct call);
};
extern struct calls calls SEC(".maps");
#endif

#endif
