// SPDX-License-Identifier: GPL-2.0
/* When a VM of xe is given user memory, gets its pages and asks whether they still are its pages. drivers/gpu/drm/xe/xe_userptr.c, xe_vm.c in 6.12. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: unmap if the VM can fault (XE_VM_FLAG_FAULT_MODE), in the second or third pass; else fence: the callback waits for all work of
 * the VM, the next submission repins. A VM that cannot fault binds with an old sequence on purpose, so no mapping is claimed here
 * (vma_check_userptr()). Not seen: binding and its flushes, which jobs of the GPU do; in 6.12 when the VMA was made.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct drm_gpuvm {
	u8 opaque;
};

struct xe_vm {
	struct drm_gpuvm gpuvm;
	unsigned long flags;
};

struct drm_gpuva {
	struct drm_gpuvm *vm;
};

struct xe_vma {
	struct drm_gpuva gpuva;
};

struct xe_userptr {
	struct mmu_interval_notifier notifier;
};

struct xe_userptr_vma {
	struct xe_vma vma;
	struct xe_userptr userptr;
};

#pragma clang attribute pop

#define XE_VM_FLAG_FAULT_MODE (1UL << 4) /* xe_vm_types.h, 7.x */

/* xe_userptr_setup(uvma, start, range) */
EXIT_SELDOM(dev_ctx__xe, xe_userptr_setup)
{
	struct xe_userptr_vma *uvma = (void *)ARG(0);
	struct promise p = {.ctx = ID(uvma), .sub = ID(&uvma->userptr.notifier), .driver = MS_driver_xe_userptr};
	u64 vm = ID(READ(uvma, vma.gpuva.vm)) - bpf_core_field_offset(struct xe_vm, gpuvm);

	p.discipline =
	    READ((struct xe_vm *)vm, flags) & XE_VM_FLAG_FAULT_MODE ? MS_discipline_unmap : MS_discipline_fence;
	return (s32)RET() ? 0 : promises(&p, READ(uvma, userptr.notifier.mm));
}

/* From here on its translations are gone: xe_vma_destroy_late() waits for the fences before. */
ENTRY_SELDOM(dev_ctx_end__xe, xe_userptr_remove)
{
	struct xe_userptr_vma *uvma = (void *)ARG(0);

	return is_gone(ID(uvma), MS_driver_xe_userptr, READ(uvma, userptr.notifier.mm));
}

static __always_inline struct request of(struct xe_userptr_vma *uvma, s32 ret)
{
	struct request r = {
	    .ctx = ID(uvma), .sub = ID(&uvma->userptr.notifier), .driver = MS_driver_xe_userptr, .ret = ret};

	r.start = READ(uvma, userptr.notifier.interval_tree.start);
	r.end = READ(uvma, userptr.notifier.interval_tree.last) + 1;
	r.write = 1; /* unless XE_VMA_READ_ONLY */
	return r;
}

ENTRY(dev_fault__xe, xe_vma_userptr_pin_pages)
{
	struct xe_userptr_vma *uvma = (void *)ARG(0);
	struct request r = of(uvma, 0);

	return asks(&r, READ(uvma, userptr.notifier.mm));
}

EXIT(dev_fault_ret__xe, xe_vma_userptr_pin_pages)
{
	struct xe_userptr_vma *uvma = (void *)ARG(0);
	struct request r = of(uvma, (s32)RET());

	return answered(&r, READ(uvma, userptr.notifier.mm));
}
