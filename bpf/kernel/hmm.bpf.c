// SPDX-License-Identifier: GPL-2.0
/* What a driver asks hmm_range_fault() for and what it is given. mm/hmm.c. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * A lookup is hmm_range_fault_locked(range, locked) since 7.3, behind hmm_range_fault() and hmm_range_fault_unlocked_timeout(): the sequence
 * stands in range by then, and the mmap lock is held.
 */
static __always_inline int looks_up(struct hmm_range *range, const bool direct)
{
	struct mmu_interval_notifier *sub = GET(range, notifier);
	struct mm_struct *mm = GET(sub, mm);

	return EMIT(range_fault, mm, .hmm_range = ID(range), .sub = ID(sub), .start = GET(range, start),
		    .end = GET(range, end), .sub_start = GET(sub, interval_tree.start),
		    .sub_last = GET(sub, interval_tree.last), .notifier_seq = GET(range, notifier_seq),
		    .sub_seq = GET(sub, invalidate_seq), .pfns = ID(GET(range, hmm_pfns)),
		    .default_flags = GET(range, default_flags), .owner = ID(GET(range, dev_private_owner)),
		    .mmap_lock = GET(mm, mmap_lock.count.counter), .mm_users = GET(mm, mm_users.counter));
}

ENTRY(range_fault, hmm_range_fault_locked)
{
	return looks_up((void *)ARG(0), direct);
}

ENTRY(range_fault__or_whole, hmm_range_fault)
{
	return looks_up((void *)ARG(0), direct);
}

/* The first MS_SAMPLED_PAGES entries of the array that hmm_range_fault() filled: on 0 all of them are outputs. */
static __always_inline void sample_pfns(struct ev_range_fault_ret *e)
{
	u64 pages = (e->end - e->start) >> 12;
	u32 valid = 0, writable = 0, error = 0, i;
	u64 pfn;

	for (i = 0; i < MS_SAMPLED_PAGES; i++) {
		if (i >= pages || bpf_probe_read_kernel(&pfn, sizeof(pfn), (u64 *)e->pfns + i))
			break;
		valid += pfn >> MS_HMM_PFN_VALID_BIT & 1;
		writable += pfn >> MS_HMM_PFN_WRITE_BIT & 1;
		error += pfn >> MS_HMM_PFN_ERROR_BIT & 1;
	}
	e->sampled = i;
	e->valid = valid;
	e->writable = writable;
	e->error = error;
}

static __always_inline int looked_up(struct hmm_range *range, s32 ret, const bool direct)
{
	struct mmu_interval_notifier *sub = GET(range, notifier);
	struct mm_struct *mm = GET(sub, mm);
	struct ev_range_fault_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(range_fault_ret);
	if (!e)
		return 0;
	e->hmm_range = ID(range);
	e->sub = ID(sub);
	e->start = GET(range, start);
	e->end = GET(range, end);
	e->notifier_seq = GET(range, notifier_seq);
	e->sub_seq = GET(sub, invalidate_seq);
	e->pfns = ID(GET(range, hmm_pfns));
	e->default_flags = GET(range, default_flags);
	e->owner = ID(GET(range, dev_private_owner));
	e->ret = ret;
	if (e->ret) {
		/* entries before the failure are outputs, those behind it still inputs: nobody can tell which
		 * (mm/hmm.c) */
		e->sampled = e->valid = e->writable = e->error = 0;
	} else {
		sample_pfns(e);
	}
	e->pad0 = 0;
	SUBMIT(range_fault_ret, e, mm);
	return 0;
}

EXIT(range_fault_ret, hmm_range_fault_locked)
{
	return looked_up((void *)ARG(0), hmm_result((s32)RET(), ADDRESS(1)), direct);
}

EXIT(range_fault_ret__or_whole, hmm_range_fault)
{
	return looked_up((void *)ARG(0), (s32)RET(), direct);
}
