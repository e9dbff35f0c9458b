/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks of amdgpu and amdkfd read of buffers, processes and ranges. drivers/gpu/drm/amd/. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_AMDGPU_H
#define MIRRORSCOPE_BPF_DRIVERS_AMDGPU_H

#include "bpf/drivers/promise.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct amdkfd_process_info {
	bool block_mmu_notifications; /* a CRIU restore is under way */
};

struct amdgpu_bo;

struct kgd_mem {
	struct amdgpu_bo *bo;
	struct amdkfd_process_info *process_info;
};

struct amdgpu_bo {
	struct mmu_interval_notifier notifier;
	struct kgd_mem *kfd_bo; /* none: a buffer of graphics */
};

struct amdgpu_hmm_range {
	struct hmm_range hmm_range;
	struct amdgpu_bo *bo;
};

struct svm_range_list {
	u8 opaque;
};

struct kfd_process {
	struct svm_range_list svms;
	bool xnack_enabled;
};

struct svm_range {
	struct svm_range_list *svms;
	struct mmu_interval_notifier notifier;
};

struct svm_range___since_7_3 {
	unsigned long bitmap_needs_unmap[1];
};

#pragma clang attribute pop

/* Is this unmap about some of the GPUs that have the range? */
static __always_inline bool kfd_unmaps_some(struct svm_range *range, u64 bitmap)
{
	struct svm_range___since_7_3 *newer = (void *)range;

	return bpf_core_field_exists(newer->bitmap_needs_unmap) &&
	       bitmap == ID(newer) + bpf_core_field_offset(struct svm_range___since_7_3, bitmap_needs_unmap);
}

#endif
