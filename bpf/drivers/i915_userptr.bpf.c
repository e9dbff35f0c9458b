// SPDX-License-Identifier: GPL-2.0
/* When an object of i915 pins pages of a process, and asks whether they still are what the process sees. drivers/gpu/drm/i915/gem/i915_gem_userptr.c. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: pin. The callback stores the sequence and does nothing else, without a lock: pages are pinned, and a submission asks before it
 * is armed (submit_done). Not seen: when the object was made (its notifier is inserted inline) and when its pages are unpinned
 * (drop_ref is inlined; mm/gup.c says it).
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct i915_gem_userptr {
	unsigned long notifier_seq;
	struct mmu_interval_notifier notifier;
};

struct drm_i915_gem_object {
	struct i915_gem_userptr userptr;
};

#pragma clang attribute pop

static __always_inline struct request of(struct drm_i915_gem_object *obj, s32 ret)
{
	struct request r = {
	    .ctx = ID(obj), .sub = ID(&obj->userptr.notifier), .driver = MS_driver_i915_userptr, .ret = ret};

	r.start = READ(obj, userptr.notifier.interval_tree.start);
	r.end = READ(obj, userptr.notifier.interval_tree.last) + 1;
	r.write = 1; /* unless the object is read-only */
	return r;
}

ENTRY(dev_fault__i915, i915_gem_object_userptr_submit_init)
{
	struct drm_i915_gem_object *obj = (void *)ARG(0);
	struct request r = of(obj, 0);

	return asks(&r, READ(obj, userptr.notifier.mm));
}

EXIT(dev_fault_ret__i915, i915_gem_object_userptr_submit_init)
{
	struct drm_i915_gem_object *obj = (void *)ARG(0);
	struct request r = of(obj, (s32)RET());

	return answered(&r, READ(obj, userptr.notifier.mm));
}

EXIT(revalidate__i915, i915_gem_object_userptr_submit_done)
{
	struct drm_i915_gem_object *obj = (void *)ARG(0);

	return EMIT(revalidate, READ(obj, userptr.notifier.mm), .ctx = ID(obj), .sub = ID(&obj->userptr.notifier),
		    .start = READ(obj, userptr.notifier.interval_tree.start),
		    .end = READ(obj, userptr.notifier.interval_tree.last) + 1, .seq = READ(obj, userptr.notifier_seq),
		    .sub_seq = READ(obj, userptr.notifier.invalidate_seq), .driver = MS_driver_i915_userptr,
		    .ok = !(s32)RET());
}

ENTRY_SELDOM(dev_ctx_end__i915, i915_gem_userptr_release)
{
	struct drm_i915_gem_object *obj = (void *)ARG(0);
	struct mm_struct *mm = READ(obj, userptr.notifier.mm);

	return mm ? is_gone(ID(obj), MS_driver_i915_userptr, mm) : 0;
}
