// SPDX-License-Identifier: GPL-2.0
/* What becomes of the ranges of a GPU's shared virtual memory. drivers/gpu/drm/drm_gpusvm.c; not in 6.x. */
#include "bpf/drivers/drm_gpusvm.bpf.h"

/*
 * Discipline: unmap, by the driver's ops->invalidate, which unmaps the pages of every range. Notifiers are wider than ranges: what counts is
 * whether a range's pages are valid. Exempt: notifiers go before their ranges when the SVM ends (drm_gpusvm_fini()); no SVM without an mm
 * (xe's userptr uses its pages alone). Not seen: the device's own page table, which is the driver's; since 7.3 the pages of ranges that were
 * last found before this looked, and whose pages they are where a range has some for each of several devices.
 */

/* SVMs and ranges that were made or found while this was looking: drm_gpusvm_range_find_or_insert() does not say which it did. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} known SEC(".maps");

/* Since 7.3 a driver has the pages of its ranges, and speaks of those alone (drm_gpusvm.bpf.h): pages are a range's by where they are looked up. */
struct place {
	u64 gpusvm, start;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct place);
	__type(value, u64);
} range_at SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u64);
} range_of SEC(".maps");

/* drm_gpusvm_init(gpusvm, ...) */
EXIT_SELDOM(dev_ctx__gpusvm, drm_gpusvm_init)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct mm_struct *mm = GET(gpusvm, mm);
	struct promise p = {
	    .ctx = ID(gpusvm), .discipline = MS_discipline_unmap, .driver = MS_driver_drm_gpusvm, .wide = 1};
	u8 one = 1;

	if ((s32)RET() || !mm)
		return 0;
	bpf_map_update_elem(&known, &p.ctx, &one, BPF_ANY);
	return promises(&p, mm);
}

EXIT_SELDOM(dev_ctx_end__gpusvm, drm_gpusvm_fini)
{
	struct drm_gpusvm *gpusvm = (void *)ARG(0);
	struct mm_struct *mm = GET(gpusvm, mm);
	u64 key = ID(gpusvm);

	bpf_map_delete_elem(&known, &key);
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
 * drm_gpusvm_range_find_or_insert(gpusvm, fault_addr, gpuva_start, gpuva_end, ctx). The VMA cannot be seen: the bounds are what notifier and
 * SVM have in common, which is never too little.
 */
EXIT(svm_range__find, drm_gpusvm_range_find_or_insert)
{
	struct drm_gpusvm_range *range = (void *)RET();
	struct drm_gpusvm_notifier *notifier;
	struct said said = {.verb = MS_svm_verb_found};
	struct place place = {.gpusvm = ADDRESS(0)};
	u64 key = ID(range), start, end;
	u8 one = 1;

	if (!range || key >= ERR_PTR_MIN)
		return 0;
	if (!bpf_map_update_elem(&known, &key, &one, BPF_NOEXIST) &&
	    is_new(range, bpf_map_lookup_elem(&known, &place.gpusvm))) {
		notifier = READ(range, notifier);
		start = READ(notifier, itree.start);
		end = READ(notifier, itree.last) + 1;
		said.verb = MS_svm_verb_created;
		said.within_start = start > ARG(2) ? start : ARG(2);
		said.within_end = end < ARG(3) ? end : ARG(3);
	}
	if (!bpf_map_lookup_elem(&known, &key)) /* no room: nothing is said of it, rather than half */
		return 0;
	if (!RANGE_HAS_PAGES()) {
		place.start = READ(range, itree.start);
		bpf_map_update_elem(&range_at, &place, &key, BPF_ANY);
	}
	return say(range, &said);
}

static __always_inline int say_of_pages(u64 pages, u32 verb)
{
	u64 *range = bpf_map_lookup_elem(&range_of, &pages);
	struct said said = {.verb = verb};

	return range ? say((void *)*range, &said) : 0;
}

/* drm_gpusvm_range_get_pages(gpusvm, range, ctx): until 7.3 */
EXIT(svm_range__get_pages, drm_gpusvm_range_get_pages)
{
	struct drm_gpusvm_range *range = (void *)ARG(1);
	struct said said = {.verb = MS_svm_verb_get_pages, .ret = (s32)RET()};

	said.device = !said.ret && range_dpagemap(range);
	return say(range, &said);
}

/* drm_gpusvm_get_pages(gpusvm, pages, mm, notifier, start, end, ctx): the same start may be that of other memory of the driver (xe's userptr). */
EXIT(svm_range__get_pages__or_pages, drm_gpusvm_get_pages)
{
	struct drm_gpusvm_pages *pages = (void *)ARG(1);
	struct place place = {.gpusvm = ADDRESS(0), .start = ARG(4)};
	struct said said = {.verb = MS_svm_verb_get_pages, .ret = (s32)RET()};
	u64 key = ID(pages), found, *at = bpf_map_lookup_elem(&range_at, &place);
	struct drm_gpusvm_range *range;
	struct drm_gpusvm_notifier *notifier;

	if (!at)
		return 0;
	found = *at;
	range = (void *)found;
	notifier = READ(range, notifier);
	if (ID(&notifier->notifier) != ADDRESS(3))
		return 0;
	bpf_map_update_elem(&range_of, &key, &found, BPF_ANY);
	said.device = !said.ret && READ(pages, dpagemap);
	return say(range, &said);
}

EXIT(svm_range__pages_valid, drm_gpusvm_range_pages_valid)
{
	struct said said = {.verb = MS_svm_verb_pages_valid};

	return RET() & 0xff ? say((void *)ARG(1), &said) : 0;
}

EXIT(svm_range__pages_valid__or_pages, drm_gpusvm_pages_valid)
{
	return RET() & 0xff ? say_of_pages(ADDRESS(1), MS_svm_verb_pages_valid) : 0;
}

/* drm_gpusvm_range_unmap_pages(gpusvm, range, ctx): until 7.3 */
EXIT(svm_range__unmap_pages, drm_gpusvm_range_unmap_pages)
{
	struct said said = {.verb = MS_svm_verb_unmap_pages};

	return say((void *)ARG(1), &said);
}

/* drm_gpusvm_unmap_pages(gpusvm, pages, npages, ctx) */
EXIT(svm_range__unmap_pages__or_pages, drm_gpusvm_unmap_pages)
{
	return say_of_pages(ADDRESS(1), MS_svm_verb_unmap_pages);
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
	struct drm_gpusvm_range *range = (void *)ARG(1);
	struct place place = {.gpusvm = ADDRESS(0), .start = READ(range, itree.start)};
	struct said said = {.verb = MS_svm_verb_removed};
	u64 key = ID(range);

	bpf_map_delete_elem(&known, &key);
	bpf_map_delete_elem(&range_at, &place);
	return say(range, &said);
}

/* drm_gpusvm_free_pages(gpusvm, pages, npages), when nobody has the range any more: nothing to say, but what comes here next is not its. */
ENTRY(svm_range__free_pages, drm_gpusvm_free_pages)
{
	u64 key = ADDRESS(1);

	bpf_map_delete_elem(&range_of, &key);
	return 0;
}
