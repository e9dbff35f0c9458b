// SPDX-License-Identifier: GPL-2.0
/* What becomes of the ranges of a GPU's shared virtual memory. drivers/gpu/drm/drm_gpusvm.c; not in 6.x. */
#include "bpf/drivers/drm_gpusvm.bpf.h"

/*
 * Discipline: unmap, by the driver's ops->invalidate, which calls drm_gpusvm_range_unmap_pages() for every range. Notifiers are wider than
 * ranges: what counts is drm_gpusvm_range_pages_valid(). Exempt: notifiers go before their ranges when the SVM ends (drm_gpusvm_fini()); no
 * SVM without an mm (xe's userptr uses its pages alone). Not seen: the device's own page table, which is the driver's.
 */

/* Ranges that were made while this was looking: drm_gpusvm_range_find_or_insert() does not say which it did. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} ranges SEC(".maps");

/* drm_gpusvm_init(gpusvm, name, drm, mm, ...) */
EXIT(dev_ctx__gpusvm, drm_gpusvm_init)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct mm_struct *mm = GET(gpusvm, mm);
	struct promise p = {
	    .ctx = ID(gpusvm), .discipline = MS_discipline_unmap, .driver = MS_driver_drm_gpusvm, .wide = 1};

	return (s32)RET() || !mm ? 0 : promises(&p, mm);
}

EXIT(dev_ctx_end__gpusvm, drm_gpusvm_fini)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct mm_struct *mm = GET(gpusvm, mm);

	return mm ? is_gone(ID(gpusvm), MS_driver_drm_gpusvm, mm) : 0;
}

struct said {
	u64 within_start, within_end;
	u32 verb, device;
	s32 ret;
};

/* For a range that the verifier has no type for. */
static __always_inline int say(struct drm_gpusvm_range *range, const struct said *said)
{
	struct drm_gpusvm *gpusvm = READ(range, gpusvm);
	struct drm_gpusvm_notifier *notifier = READ(range, notifier);

	return EMIT(svm_range, READ(gpusvm, mm), .ctx = ID(gpusvm), .range = ID(range), .sub = ID(&notifier->notifier),
		    .start = READ(range, itree.start), .end = READ(range, itree.last) + 1,
		    .within_start = said->within_start, .within_end = said->within_end, .verb = said->verb,
		    .ret = said->ret, .device = said->device, .driver = MS_driver_drm_gpusvm);
}

/*
 * drm_gpusvm_range_find_or_insert(gpusvm, fault_addr, gpuva_start, gpuva_end, ctx). A range that is not known here and has never had pages
 * (drm_gpusvm_range_alloc() sets notifier_seq to LONG_MAX) is new. The VMA cannot be seen: the bounds are what notifier and SVM have in
 * common, which is never too little.
 */
EXIT(svm_range__find, drm_gpusvm_range_find_or_insert)
{
	struct drm_gpusvm_range *range = (void *)RET();
	struct drm_gpusvm_notifier *notifier;
	struct said said = {.verb = MS_svm_verb_found};
	u64 key = ID(range), start, end;
	u8 one = 1;

	if (!range || key >= ERR_PTR_MIN)
		return 0;
	if (!bpf_map_update_elem(&ranges, &key, &one, BPF_NOEXIST) &&
	    READ(range, pages.notifier_seq) == GPUSVM_NO_SEQ) {
		notifier = READ(range, notifier);
		start = READ(notifier, itree.start);
		end = READ(notifier, itree.last) + 1;
		said.verb = MS_svm_verb_created;
		said.within_start = start > ARG(2) ? start : ARG(2);
		said.within_end = end < ARG(3) ? end : ARG(3);
	}
	return say(range, &said);
}

/* drm_gpusvm_range_get_pages(gpusvm, range, ctx) */
EXIT(svm_range__get_pages, drm_gpusvm_range_get_pages)
{
	struct drm_gpusvm_range *range = (void *)ARG(1);
	struct said said = {.verb = MS_svm_verb_get_pages, .ret = (s32)RET()};

	said.device = !said.ret && READ(range, pages.dpagemap);
	return say(range, &said);
}

EXIT(svm_range__pages_valid, drm_gpusvm_range_pages_valid)
{
	struct said said = {.verb = MS_svm_verb_pages_valid};

	return RET() & 0xff ? say((void *)ARG(1), &said) : 0;
}

/* drm_gpusvm_range_unmap_pages(gpusvm, range, ctx) */
EXIT(svm_range__unmap_pages, drm_gpusvm_range_unmap_pages)
{
	struct said said = {.verb = MS_svm_verb_unmap_pages};

	return say((void *)ARG(1), &said);
}

/* drm_gpusvm_range_set_unmapped(range, mmu_range) */
EXIT(svm_range__set_unmapped, drm_gpusvm_range_set_unmapped)
{
	struct said said = {.verb = MS_svm_verb_set_unmapped};

	return say((void *)ARG(0), &said);
}

EXIT(svm_range__evict, drm_gpusvm_range_evict)
{
	struct said said = {.verb = MS_svm_verb_evict, .ret = (s32)RET()};

	return say((void *)ARG(1), &said);
}

/* drm_gpusvm_range_remove(gpusvm, range): the last moment at which the range is there for certain. */
ENTRY(svm_range__remove, drm_gpusvm_range_remove)
{
	struct said said = {.verb = MS_svm_verb_removed};
	u64 key = ARG(1);

	bpf_map_delete_elem(&ranges, &key);
	return say((void *)ARG(1), &said);
}
