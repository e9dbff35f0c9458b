// SPDX-License-Identifier: GPL-2.0
/* When a range of a compute process's shared memory is watched, and when it leaves the GPUs. drivers/gpu/drm/amd/amdkfd/kfd_svm.c; not in 6.x. */
#include "bpf/drivers/amdgpu.bpf.h"

/*
 * Discipline: unmap where the GPU can retry (xnack), quiesce elsewhere. Exempt: MMU_NOTIFY_RELEASE, for which the callback does nothing;
 * migrations of its own owner, which it does not filter. Not seen: the mapping: svm_range_map_to_gpus() is inlined, and when
 * svm_range_validate_and_map() returns its lock is already released, so that a record there might come after the unmap.
 */

/* svm_range_add_notifier_locked(mm, prange): the insert's result is not looked at there, so the sub says whether it is in the tree. */
EXIT_SELDOM(dev_ctx__kfd_svm, svm_range_add_notifier_locked)
{
	struct svm_range *range = (void *)ARG(1);
	struct promise p = {.ctx = ID(range), .sub = ID(&range->notifier), .driver = MS_driver_kfd_svm};
	struct mm_struct *mm = READ(range, notifier.mm);
	u64 process = ID(READ(range, svms)) - bpf_core_field_offset(struct kfd_process, svms);

	p.discipline = READ((struct kfd_process *)process, xnack_enabled) ? MS_discipline_unmap : MS_discipline_quiesce;
	return mm ? promises(&p, mm) : 0;
}

ENTRY_SELDOM(dev_ctx_end__kfd_svm, svm_range_remove_notifier)
{
	struct svm_range *range = (void *)ARG(0);
	struct mm_struct *mm = READ(range, notifier.mm);

	return mm && READ(range, notifier.interval_tree.start) ? is_gone(ID(range), MS_driver_kfd_svm, mm) : 0;
}

/*
 * svm_range_unmap_from_gpus(prange, start, last, trigger), in pages: waits for the update and flushes, GPU after GPU. Since 7.3 it is told which
 * GPUs (start, last, bitmap, trigger), and those that have lost their access alone are not the device (svm_range_needs_unmap()).
 */
EXIT(dev_unmap__kfd_svm, svm_range_unmap_from_gpus)
{
	struct svm_range *range = (void *)ARG(0);
	struct request r = {.ctx = ID(range), .sub = ID(&range->notifier), .driver = MS_driver_kfd_svm};

	r.start = ARG(1) << 12;
	r.end = (ARG(2) + 1) << 12;
	if ((s32)RET() || kfd_unmaps_some(range, ADDRESS(3)))
		return 0;
	return unmapped(&r, READ(range, notifier.mm));
}
