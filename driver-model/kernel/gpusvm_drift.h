/* SPDX-License-Identifier: GPL-2.0 */
/* Where a range of drm_gpusvm has its pages, and how they are got: until 7.2 in the range itself, since 7.3 in what the driver makes of it. */
#ifndef MIRRORSCOPE_KERNEL_GPUSVM_DRIFT_H
#define MIRRORSCOPE_KERNEL_GPUSVM_DRIFT_H

#include <drm/drm_gpusvm.h>
#include <linux/version.h>

struct svm_range {
	struct drm_gpusvm_range base;
	bool said; /* that it was made; under notifier_lock */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
	struct drm_gpusvm_pages pages;
#endif
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)

static inline struct drm_gpusvm_pages *range_pages(struct drm_gpusvm_range *r)
{
	return &container_of(r, struct svm_range, base)->pages;
}

static inline unsigned long range_npages(struct drm_gpusvm_range *r)
{
	return drm_gpusvm_range_size(r) >> PAGE_SHIFT;
}

static inline int gpusvm_init(struct drm_gpusvm *svm, struct drm_device *drm, struct mm_struct *mm, const struct drm_gpusvm_ops *ops,
			      const unsigned long *chunks, int nchunks)
{
	return drm_gpusvm_init(svm, "mirrorscope", mm, 0, TASK_SIZE, SZ_2M, ops, chunks, nchunks);
}

static inline void range_init_pages(struct drm_gpusvm_range *r, struct drm_device *drm)
{
	drm_gpusvm_init_pages(range_pages(r), drm);
}

static inline void range_free_pages(struct drm_gpusvm_range *r)
{
	drm_gpusvm_free_pages(r->gpusvm, range_pages(r), range_npages(r));
}

static inline bool range_unmapped(struct drm_gpusvm_range *r)
{
	return r->flags.unmapped;
}

static inline bool range_pages_valid(struct drm_gpusvm *svm, struct drm_gpusvm_range *r)
{
	return drm_gpusvm_pages_valid(svm, range_pages(r));
}

static inline int range_get_pages(struct drm_gpusvm *svm, struct drm_gpusvm_range *r, const struct drm_gpusvm_ctx *ctx)
{
	return drm_gpusvm_get_pages(svm, range_pages(r), svm->mm, &r->notifier->notifier, drm_gpusvm_range_start(r), drm_gpusvm_range_end(r), ctx);
}

static inline void range_unmap_pages(struct drm_gpusvm *svm, struct drm_gpusvm_range *r, const struct drm_gpusvm_ctx *ctx)
{
	drm_gpusvm_unmap_pages(svm, range_pages(r), range_npages(r), ctx);
}

static inline void range_set_unmapped(struct drm_gpusvm_range *r, const struct mmu_notifier_range *by)
{
	drm_gpusvm_range_set_unmapped(r, range_pages(r), 1, by);
}

/* The driver unmaps its pages while a callback can still find the range: drm_gpusvm_range_remove() does it no more. */
static inline void range_remove(struct drm_gpusvm *svm, struct drm_gpusvm_range *r)
{
	const struct drm_gpusvm_ctx ctx = {};

	range_unmap_pages(svm, r, &ctx);
	drm_gpusvm_range_remove(svm, r);
}

#else

static inline struct drm_gpusvm_pages *range_pages(struct drm_gpusvm_range *r)
{
	return &r->pages;
}

static inline int gpusvm_init(struct drm_gpusvm *svm, struct drm_device *drm, struct mm_struct *mm, const struct drm_gpusvm_ops *ops,
			      const unsigned long *chunks, int nchunks)
{
	return drm_gpusvm_init(svm, "mirrorscope", drm, mm, 0, TASK_SIZE, SZ_2M, ops, chunks, nchunks);
}

static inline void range_init_pages(struct drm_gpusvm_range *r, struct drm_device *drm)
{
}

static inline void range_free_pages(struct drm_gpusvm_range *r)
{
}

static inline bool range_unmapped(struct drm_gpusvm_range *r)
{
	return r->pages.flags.unmapped;
}

static inline bool range_pages_valid(struct drm_gpusvm *svm, struct drm_gpusvm_range *r)
{
	return drm_gpusvm_range_pages_valid(svm, r);
}

static inline int range_get_pages(struct drm_gpusvm *svm, struct drm_gpusvm_range *r, const struct drm_gpusvm_ctx *ctx)
{
	return drm_gpusvm_range_get_pages(svm, r, ctx);
}

static inline void range_unmap_pages(struct drm_gpusvm *svm, struct drm_gpusvm_range *r, const struct drm_gpusvm_ctx *ctx)
{
	drm_gpusvm_range_unmap_pages(svm, r, ctx);
}

static inline void range_set_unmapped(struct drm_gpusvm_range *r, const struct mmu_notifier_range *by)
{
	drm_gpusvm_range_set_unmapped(r, by);
}

static inline void range_remove(struct drm_gpusvm *svm, struct drm_gpusvm_range *r)
{
	drm_gpusvm_range_remove(svm, r);
}

#endif
#endif
