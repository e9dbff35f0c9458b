/* SPDX-License-Identifier: GPL-2.0 */
/* What the SVM hooks read of drm_gpusvm and drm_pagemap. include/drm/drm_gpusvm.h, drm_pagemap.h. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_DRM_GPUSVM_H
#define MIRRORSCOPE_BPF_DRIVERS_DRM_GPUSVM_H

#include "bpf/drivers/promise.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct drm_pagemap;

struct drm_gpusvm {
	struct mm_struct *mm;
};

struct drm_gpusvm_notifier {
	struct mmu_interval_notifier notifier;
	struct interval_tree_node itree;
};

struct drm_gpusvm_pages {
	struct drm_pagemap *dpagemap; /* none: pages of the system */
	unsigned long notifier_seq;
};

struct drm_gpusvm_range {
	struct drm_gpusvm *gpusvm;
	struct drm_gpusvm_notifier *notifier;
	struct interval_tree_node itree;
	struct drm_gpusvm_pages pages;
};

#pragma clang attribute pop

#define GPUSVM_NO_SEQ 0x7fffffffffffffffUL /* LONG_MAX: no pages were looked up yet */

#endif
