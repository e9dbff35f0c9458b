// SPDX-License-Identifier: GPL-2.0
/* When the queues of a compute process are stopped because its memory changes. drivers/gpu/drm/amd/amdgpu/amdgpu_amdkfd_gpuvm.c. */
#include "bpf/drivers/amdgpu.bpf.h"

/*
 * Discipline: quiesce. The first buffer that is hit stops all queues of the process (kgd2kfd_quiesce_mm()), the others find them stopped. The
 * buffer's dev_ctx is amdgpu_userptr.bpf.c's. Exempt: a CRIU restore, during which nothing is stopped and nothing said. Not seen: which
 * buffers a resume is for; kgd2kfd_resume_mm() is about the process.
 */

/* amdgpu_amdkfd_evict_userptr(mni, cur_seq, mem), (mem, mm) in 6.1; -ESRCH: no such process, so no queues */
EXIT(quiesce__kfd, amdgpu_amdkfd_evict_userptr)
{
	struct kgd_mem *mem = (void *)kfd_evicted_mem(ADDRESS(0), ADDRESS(2));
	struct amdkfd_process_info *process = READ(mem, process_info);
	struct amdgpu_bo *bo = READ(mem, bo);

	if ((s32)RET() || READ(process, block_mmu_notifications))
		return 0;
	return EMIT(quiesce, READ(bo, notifier.mm), .ctx = ID(bo), .driver = MS_driver_kfd_userptr);
}
