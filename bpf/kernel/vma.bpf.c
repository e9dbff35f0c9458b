// SPDX-License-Identifier: GPL-2.0
/* Which addresses of a process lead elsewhere from now on, seen where it does not take a notifier. mm/vma.c, mremap.c, mprotect.c, madvise.c. */
#include "bpf/core_drift.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/stacks.bpf.h"

/*
 * __mmu_notifier_invalidate_range_start() is not called for an mm without subscriptions, and a pin makes none: munmap() under a pinned
 * registration is silent. These probes are on the paths themselves, and make a record only for an mm that holds something (holders.bpf.h).
 * exit_mmap() takes another path (unmap_vmas()), so the end of a process makes none. What is taken from a file's pages (truncate(),
 * fallocate()) goes by the file and is not seen here.
 */
static __always_inline bool of_interest(const void *mm)
{
	return is_holder(mm) && wanted(mm);
}

static __always_inline int unmapped(const void *mm, u64 start, u64 end, s32 stack)
{
	call_site(stack, mm);
	return RECORD(vma_unmap, mm, .start = start, .end = end);
}

/* vms_complete_munmap_vmas(vms, mas_detach): of munmap(), brk(), mremap(), shmdt(), and of what mmap(MAP_FIXED) replaces. From here on
 * nothing fails, and no page table entry is gone yet. */
ENTRY(vma_unmap, vms_complete_munmap_vmas)
{
	struct vma_munmap_struct *vms = (void *)ARG(0);
	struct mm_struct *mm = task_mm();

	if (!of_interest(mm))
		return 0;
	return unmapped(mm, GET(vms, start), GET(vms, end), caller(args, direct));
}

/* do_mas_align_munmap(mas, vma, mm, start, end, uf, downgrade) is the same in 6.1, and may still fail; 1: the lock was downgraded. */
EXIT(vma_unmap__or_mas, do_mas_align_munmap)
{
	struct mm_struct *mm = (void *)ARG(2);

	if (!of_interest(mm) || (s32)RET() < 0)
		return 0;
	return unmapped(mm, ARG(3), ARG(4), caller_at_return(args, direct));
}

/* move_page_tables(vma, old_addr, new_vma, new_addr, len, ...) of 6.x, (pmc) of 7.x. A move that fails half way is moved back by a second call.
 * mremap() unmaps the old place afterwards. */
ENTRY(vma_remap, move_page_tables)
{
	struct mm_struct *mm = task_mm();
	struct moved moved;

	if (!of_interest(mm))
		return 0;
	if (HAS_MOVE_CONTROL())
		moved = moved_by((void *)ADDRESS(0));
	else
		moved = (struct moved){.from = ADDRESS(1), .to = ADDRESS(3), .length = ADDRESS(4)};
	call_site(caller(args, direct), mm);
	return RECORD(vma_remap, mm, .start = moved.from, .end = moved.from + moved.length, .to_start = moved.to,
		      .to_end = moved.to + moved.length);
}

static __always_inline int mapped(const void *mm, u64 start, u64 length, u64 flags)
{
	return RECORD(vma_map, mm, .start = start, .end = start + length, .flags = flags);
}

/* mmap_region(file, addr, len, vm_flags, pgoff, uf) returns the address or -errno. */
EXIT(vma_map, mmap_region)
{
	struct mm_struct *mm = task_mm();

	if (!of_interest(mm) || RET() >= ERR_PTR_MIN)
		return 0;
	return mapped(mm, RET(), ARG(2), ARG(3));
}

/* do_brk_flags(vmi, vma, addr, len, flags): the heap grows; it is VM_READ | VM_WRITE whatever the flags add. */
EXIT(vma_map__brk, do_brk_flags)
{
	struct mm_struct *mm = task_mm();

	if (!of_interest(mm) || (s32)RET())
		return 0;
	return mapped(mm, ARG(2), ARG(3), MS_VM_READ | MS_VM_WRITE);
}

/*
 * mprotect_fixup() has no probe: its seventh argument, the flags, is only seen at its entry, and what a device maps for writing between
 * that and the invalidation inside would look wrong to VMA-06.
 */

static __always_inline int discarded(const void *mm, u64 start, u64 length, u32 advice, s32 ret, s32 stack)
{
	/* -ENOMEM: there was a hole, and everything else was done */
	if (!gives_pages_up(advice) || (ret && ret != -12))
		return 0;
	call_site(stack, mm);
	return RECORD(vma_discard, mm, .start = start, .end = start + ((length + 4095) & ~4095UL), .advice = advice);
}

/* madvise_do_behavior(start, len_in, madv_behavior): madvise() and process_madvise() */
EXIT(vma_discard, madvise_do_behavior)
{
	struct madvise_behavior *madvise = (void *)ADDRESS(2);
	struct mm_struct *mm = READ(madvise, mm);

	if (!of_interest(mm))
		return 0;
	return discarded(mm, ARG(0), ARG(1), READ(madvise, behavior), (s32)RET(), caller_at_return(args, direct));
}

/* do_madvise(mm, start, len_in, behavior): the same in 6.x */
EXIT(vma_discard__or_whole, do_madvise)
{
	struct mm_struct *mm = (void *)ARG(0);

	if (!of_interest(mm))
		return 0;
	return discarded(mm, ARG(1), ARG(2), (u32)ARG(3), (s32)RET(), caller_at_return(args, direct));
}
