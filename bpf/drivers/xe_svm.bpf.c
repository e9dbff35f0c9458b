// SPDX-License-Identifier: GPL-2.0
/* When a range of a process's memory becomes usable by an Intel GPU, and no longer. drivers/gpu/drm/xe/xe_svm.c, xe_pt.c; not in 6.x. */
#include "bpf/drivers/drm_gpusvm.bpf.h"

/*
 * Discipline: unmap, in drm_gpusvm's callback. The object is its SVM, whose ranges and pages drm_gpusvm.bpf.c speaks of; here is what the
 * page table knows. A commit is xe_pt_svm_userptr_pre_commit(), which returns with notifier_lock held and every range found valid; the GPU
 * writes the entries later, and a callback waits for that (dma_resv_wait_timeout()). Exempt: a VM that is closed takes nothing away, its page
 * table goes. Not seen: prefetch (its ranges are in an xarray), unbinding before a range is removed, whose job goes on behind it.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct xe_vm___svm {
	struct {
		struct drm_gpusvm gpusvm;
	} svm;
};

enum drm_gpuva_flags {
	DRM_GPUVA_USERBITS = 4,
};

enum drm_gpuva_op_type {
	DRM_GPUVA_OP_DRIVER = 5,
};

enum xe_vma_subop {
	XE_VMA_SUBOP_MAP_RANGE,
};

struct drm_gpuva___flags {
	enum drm_gpuva_flags flags;
};

struct xe_vma___flags {
	struct drm_gpuva___flags gpuva;
};

struct xe_svm_range {
	struct drm_gpusvm_range base;
};

struct drm_gpuva_op {
	enum drm_gpuva_op_type op;
};

struct xe_vma_op_map_range {
	struct xe_vma___flags *vma;
	struct xe_svm_range *range;
};

struct xe_vma_op {
	struct drm_gpuva_op base;
	struct list_head link;
	enum xe_vma_subop subop;
	struct xe_vma_op_map_range map_range;
};

struct xe_vma_ops {
	struct list_head list;
};

struct xe_migrate_pt_update {
	struct xe_vma_ops *vops;
};

struct drm_gpusvm___name {
	const char *name;
};

#pragma clang attribute pop

#define XE_VMA_READ_ONLY bpf_core_enum_value(enum drm_gpuva_flags, DRM_GPUVA_USERBITS)
#define MAX_OPS 16 /* of one update; a fault has one */

static __always_inline struct request of(struct drm_gpusvm *gpusvm, u64 start, u64 end)
{
	return (struct request){.ctx = ID(gpusvm), .start = start, .end = end, .driver = MS_driver_xe_svm};
}

/* xe_svm_handle_pagefault(vm, vma, gt, fault_addr, atomic): an atomic access at least writes */
static __always_inline struct drm_gpusvm *svm_of(u64 vm)
{
	return (void *)(vm + bpf_core_field_offset(struct xe_vm___svm, svm.gpusvm));
}

ENTRY(dev_fault__xe_svm, xe_svm_handle_pagefault)
{
	struct drm_gpusvm *gpusvm = svm_of(ADDRESS(0));
	u64 start = ARG(3) & -4096UL;
	struct request r = of(gpusvm, start, start + 4096);

	r.write = ARG(4) & 1;
	return asks(&r, READ(gpusvm, mm));
}

EXIT(dev_fault_ret__xe_svm, xe_svm_handle_pagefault)
{
	struct drm_gpusvm *gpusvm = svm_of(ADDRESS(0));
	u64 start = ARG(3) & -4096UL;
	struct request r = of(gpusvm, start, start + 4096);

	r.ret = (s32)RET();
	return answered(&r, READ(gpusvm, mm));
}

/* One range of an update, the GPU's right to write as its VMA has it. */
static __always_inline void commits(struct xe_vma_op *op)
{
	struct drm_gpusvm_range *range;
	struct drm_gpusvm_notifier *notifier;
	struct drm_gpusvm *gpusvm;
	struct xe_vma___flags *vma;
	struct request r;

	if (READ(op, base.op) != bpf_core_enum_value(enum drm_gpuva_op_type, DRM_GPUVA_OP_DRIVER) ||
	    READ(op, subop) != bpf_core_enum_value(enum xe_vma_subop, XE_VMA_SUBOP_MAP_RANGE))
		return;
	range = (void *)READ(op, map_range.range); /* begins with its drm_gpusvm_range */
	vma = READ(op, map_range.vma);
	gpusvm = READ(range, gpusvm);
	notifier = READ(range, notifier);
	r = of(gpusvm, READ(range, itree.start), READ(range, itree.last) + 1);
	r.sub = ID(&notifier->notifier);
	r.write = !(READ(vma, gpuva.flags) & XE_VMA_READ_ONLY);
	mapped(&r, READ(notifier, notifier.invalidate_seq), READ(gpusvm, mm));
}

EXIT(dev_map__xe_svm, xe_pt_svm_userptr_pre_commit)
{
	struct xe_migrate_pt_update *update = (void *)ARG(0);
	struct xe_vma_ops *ops = GET(update, vops);
	struct list_head *head = &ops->list, *at = READ(ops, list.next);
	int i;

	if ((s32)RET())
		return 0;
	for (i = 0; i < MAX_OPS && at && at != head; i++) {
		commits((void *)(ID(at) - bpf_core_field_offset(struct xe_vma_op, link)));
		at = READ(at, next);
	}
	return 0;
}

/* What one callback has zapped: whole ranges, wherever it was hit. It flushes once, behind the last. */
struct zapped {
	u64 start, end;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32); /* tid */
	__type(value, struct zapped);
} xe_zapped SEC(".maps");

/* xe_pt_zap_ptes_range(tile, vm, range): also from madvise, which flushes by itself and has no callback behind it. */
EXIT(dev_unmap__xe_svm_zap, xe_pt_zap_ptes_range)
{
	struct drm_gpusvm_range *range = (void *)ADDRESS(2);
	struct zapped zapped = {.start = READ(range, itree.start), .end = READ(range, itree.last) + 1}, *earlier;
	u32 tid = bpf_get_current_pid_tgid();

	earlier = bpf_map_lookup_elem(&xe_zapped, &tid);
	if (!earlier || !(RET() & 0xff))
		return 0;
	if (earlier->start < zapped.start)
		zapped.start = earlier->start;
	if (earlier->end > zapped.end)
		zapped.end = earlier->end;
	bpf_map_update_elem(&xe_zapped, &tid, &zapped, BPF_ANY);
	return 0;
}

/* xe_svm_invalidate(gpusvm, notifier, mmu_range), under notifier_lock for write */
ENTRY(dev_unmap__xe_svm_begins, xe_svm_invalidate)
{
	struct drm_gpusvm_notifier *notifier = (void *)ARG(1);
	struct mmu_notifier_range *range = (void *)ARG(2);
	struct zapped zapped = {.start = GET(range, start), .end = GET(range, end)};
	u32 tid = bpf_get_current_pid_tgid();

	if (zapped.start < GET(notifier, itree.start))
		zapped.start = GET(notifier, itree.start);
	if (zapped.end > GET(notifier, itree.last) + 1)
		zapped.end = GET(notifier, itree.last) + 1;
	bpf_map_update_elem(&xe_zapped, &tid, &zapped, BPF_ANY);
	return 0;
}

EXIT(dev_unmap__xe_svm, xe_svm_invalidate)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct drm_gpusvm_notifier *notifier = (void *)ARG(1);
	u32 tid = bpf_get_current_pid_tgid();
	struct zapped *zapped = bpf_map_lookup_elem(&xe_zapped, &tid);
	struct request r;

	if (!zapped)
		return 0;
	r = of(gpusvm, zapped->start, zapped->end);
	r.sub = ID(&notifier->notifier);
	bpf_map_delete_elem(&xe_zapped, &tid);
	return unmapped(&r, GET(gpusvm, mm));
}

/* A range goes: what it still had was unbound before. Those of other drivers are theirs. */
ENTRY(dev_unmap__xe_svm_removed, drm_gpusvm_range_remove)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct drm_gpusvm_range *range = (void *)ARG(1);
	struct request r = of(gpusvm, READ(range, itree.start), READ(range, itree.last) + 1);
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), READ((struct drm_gpusvm___name *)gpusvm, name));
	if (name[0] != 'X' || name[1] != 'e' || name[2] != ' ')
		return 0;
	return unmapped(&r, GET(gpusvm, mm));
}

/* xe_svm_copy(pages, addresses, npages, dir, fence) waits for what it has queued. Its array of pages tells it from others. */
#define COPY .ctx = ADDRESS(0), .args = ADDRESS(0), .start = 0, .end = 0

ENTRY(copy_begin__xe_svm, xe_svm_copy)
{
	return EMIT(copy_begin, task_mm(), COPY, .from = 0, .to = 0, .owner = 0, .driver = MS_driver_xe_svm,
		    .to_device = (u32)ARG(3) == 0 /* XE_SVM_COPY_TO_VRAM */);
}

EXIT(copy_end__xe_svm, xe_svm_copy)
{
	return EMIT(copy_end, task_mm(), COPY, .driver = MS_driver_xe_svm, .ret = (s32)RET());
}
