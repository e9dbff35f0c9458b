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
};

/* Until 7.3 the pages of a range are in it; since then they are the driver's, and a range may have some for each of several devices. */
struct drm_gpusvm_range___with_pages {
	struct drm_gpusvm_pages pages;
};

#pragma clang attribute pop

#define RANGE_HAS_PAGES() bpf_core_field_exists(struct drm_gpusvm_range___with_pages, pages)
#define GPUSVM_NO_SEQ 0x7fffffffffffffffUL /* LONG_MAX: no pages were looked up yet */

/* Was a range that nobody knew of made just now? Its pages say it until 7.3; since then all ranges of an SVM are known whose making was seen. */
static __always_inline bool is_new(struct drm_gpusvm_range *range, const void *svm_is_known)
{
	struct drm_gpusvm_range___with_pages *older = (void *)range;

	return RANGE_HAS_PAGES() ? READ(older, pages.notifier_seq) == GPUSVM_NO_SEQ : !!svm_is_known;
}

static __always_inline u64 range_dpagemap(struct drm_gpusvm_range *range)
{
	struct drm_gpusvm_range___with_pages *older = (void *)range;

	return ID(READ(older, pages.dpagemap));
}

#endif
