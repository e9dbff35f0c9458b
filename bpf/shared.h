/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the BPF programs and the collector share besides the records: counters, switches, limits. C and C++. */
#ifndef MIRRORSCOPE_BPF_SHARED_H
#define MIRRORSCOPE_BPF_SHARED_H

#include "schema/record.h"

#ifdef __cplusplus
namespace mirrorscope
{
#endif

enum {
	MS_MAX_CPUS = 512, /* power of two: programs mask the index with MS_MAX_CPUS - 1 */
	MS_STACK_DEPTH = 24,
	MS_SAMPLED_PAGES = 64, /* of an array of pages, pfns or slots, at most so many are looked at */
	MS_WAKE_EVERY = 256,   /* records between two wake-ups of the consumer, per CPU (power of two) */
	MS_SPOKE = 65536,      /* power of two: marks of tasks that produced a record, by tid */
	MS_CGROUP_DEPTH = 32,  /* so many cgroups above a task's are looked at */
};

/* What a callback is called for. Values of the map `found`. */
enum ms_callback {
	MS_invalidate,
	MS_invalidate_start, /* two-pass */
	MS_invalidate_finish,
	MS_range_start,
	MS_range_end,
	MS_release,
};

/* Stands in the callback templates where the address of the callback goes (bpf/kernel/callback.bpf.c). */
#define MS_CALLBACK 0x6d6d755f63616c6cULL

/*
 * Stands in the code for the number of a group of programs until the collector puts the number in: its place in `covered`, below
 * MS_GROUPS (a power of two), and MS_LAST in the last program of the group.
 */
#define MS_GROUP 0x6d6d755f70616972ULL
#define MS_GROUPS 1024
#define MS_LAST (1 << 16)
/* Marks that say whose run of which group is recorded (a power of two). */
#define MS_MARKS (1 << 18)

/* What is counted in the kernel instead of recorded (bpf/counters/tally.bpf.h). */
enum ms_tally_kind {
	MS_tally_invalidate, /* detail: reason of the schema; pages of the range; refused: a non-blockable start that failed */
	MS_tally_callback,   /* detail: address of the driver's function; refused: it said no */
	MS_tally_fault,	     /* hmm_range_fault(); detail: the driver's callback; refused: -EBUSY, so the driver retries */
	MS_tally_migrate,    /* migrate_vma_setup(); detail: migrate_vma.flags; pages that it collected */
	MS_tally_pin,	     /* pages pinned; refused: the call failed */
	MS_tally_unpin,	     /* pages unpinned */
	MS_tally_insert,     /* interval notifiers inserted */
	MS_tally_remove,     /* and removed */
	MS_tally_kinds,
};

/* Steps of a time in ns, two to an octave from 2^MS_TALLY_FIRST on: step 2n begins at 2^(FIRST + n), step 2n + 1 at 1.5 times that. */
#define MS_TALLY_FIRST 8 /* the first step holds all that is shorter than 384 ns */
#define MS_TALLY_STEPS 60 /* the last holds all that takes longer than 206 s */

struct ms_tally_key {
	ms_t_u32 tgid; /* the process whose memory it is; 0 if nobody's */
	ms_t_u32 kind;
	ms_t_u64 detail;
};

/* A call between its entry and its return. */
struct ms_call_under_way {
	ms_t_u64 who; /* runner and kind; 0: free */
	ms_t_u64 began;
	struct ms_tally_key key;
	ms_t_u64 pages;
};
#define MS_CALLS_UNDER_WAY (1 << 14) /* a power of two */

/* One per key and CPU. Times are those of calls that were seen from entry to return: timed <= calls. */
struct ms_tally {
	ms_t_u64 calls, refused, pages;
	ms_t_u64 timed, ns, longest;
	ms_t_u64 steps[MS_TALLY_STEPS];
};

/*
 * One per CPU, in .bss, a cache line pair of its own. Only programs on that CPU write it.
 *   next_seq  the sequence number that the next record will take: also the number of records produced so far
 *   dropped   of those, how many found no room in the ring
 * produced == delivered + dropped, exactly, once the ring is drained.
 */
struct ms_cpu {
	ms_t_u64 next_seq;
	ms_t_u64 dropped;
	ms_t_u64 misordered; /* records whose (time, seq) pair could not be taken in one step; 0 in practice */
	ms_t_u64 pad[13];
};

/* Set before load (.rodata): a test of an option that is off costs nothing. */
struct ms_config {
	ms_t_u32 self_tgid; /* the recorder: its own mm is never recorded */
	ms_t_u32 by_mm;	    /* 1 = record only the mms in the map `wanted_mms` */
	ms_t_u32 by_comm;   /* 1 = a process whose comm equals `comm` joins wanted_mms when seen */
	ms_t_u32 by_cgroup; /* 1 = a process in or below a cgroup of the map `wanted_cgroups` joins wanted_mms when seen */
	ms_t_u32 stacks;    /* 1 = take the caller's stack in inv_start */
	ms_t_u32 ucache;    /* 1 = there are uprobes on registration caches (bpf/ucache/) */
	ms_t_u64 vmemmap_base; /* address of the kernel's variable vmemmap_base, 0 if unknown */
	ms_t_u64 zero_pfn;     /* address of zero_pfn (zero_page_pfn in 7.x), 0 if unknown */
	ms_t_char comm[16];
};

#ifdef __cplusplus
static_assert(sizeof(ms_cpu) == 128);
}
#endif

#endif
