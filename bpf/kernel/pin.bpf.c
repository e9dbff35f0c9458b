// SPDX-License-Identifier: GPL-2.0
/* Who pins pages for DMA and who unpins them. mm/gup.c. */
#define MS_IN_INTERRUPTS 1 /* unpin_user_pages() and the like also run when direct I/O completes, in a soft interrupt */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/pages.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * These functions call each other: unpin_user_pages_dirty_lock() without `dirty` is unpin_user_pages(), so one unpin
 * may be two nested records. pin_user_pages_remote() is about the mm it is given, the others are about the caller's
 * own. A page knows no mm: an unpin carries the mm of the task that does it, 0 from a kernel thread or an interrupt
 * (the end of direct I/O), and then passes every filter.
 */
static __always_inline int pin(struct mm_struct *mm, u64 start, u64 npages, u64 pages, u32 flags, u32 call)
{
	return EMIT(pin, mm, .start = start, .npages = npages, .pages = pages, .gup_flags = flags, .call = call);
}

/* How many of the first pages have a folio without a pin, how many are a PCI device's. */
struct sample {
	u64 pages;    /* the array, or the first page of a range */
	u32 is_range; /* struct page follows struct page */
	u32 looked, unpinned;
	u32 p2pdma;
};

/* The zero page is never pinned (c8070b787519, 6.5 and 6.1.130). */
static __always_inline long look_at(u32 i, struct sample *s, const bool sources)
{
	struct folio_state folio;
	u64 page = s->pages;

	if (s->is_range)
		page += i * bpf_core_type_size(struct page);
	else if (bpf_probe_read_kernel(&page, sizeof(page), (u64 *)page + i))
		return 1;
	if (page && folio_state(page, &folio)) {
		s->looked++;
		s->unpinned += folio.pins <= 0 && page != zero_page;
		if (sources && is_p2pdma(page, folio.flags))
			s->p2pdma++;
	}
	return 0;
}

static long look_at_page(u32 i, struct sample *s)
{
	return look_at(i, s, false);
}

static long look_at_page_and_source(u32 i, struct sample *s)
{
	return look_at(i, s, true);
}

SAMPLING(look_at_pages, struct sample, look_at_page)
SAMPLING(look_at_pages_and_sources, struct sample, look_at_page_and_source)

static __always_inline int pin_ret(struct mm_struct *mm, u64 start, u64 npages, u64 pages, u32 flags, u32 call, s64 ret)
{
	struct sample s = {.pages = pages};

	if (!wanted(mm))
		return 0;
	if (ret > 0)
		look_at_pages_and_sources(&s, ret);
	if (ret > 0 && flags & MS_FOLL_LONGTERM())
		becomes_holder(mm);
	return RECORD(pin_ret, mm, .start = start, .npages = npages, .pages = pages, .ret = ret, .gup_flags = flags,
		      .call = call, .sampled = s.looked, .unpinned = s.unpinned, .p2pdma = s.p2pdma);
}

/* `pages` is an array, or, if `in_range` is not 0, the first of so many pages that are looked at. */
static __always_inline int unpin(u64 pages, u64 npages, u64 in_range, u32 call, u32 dirty)
{
	struct sample s = {.pages = pages, .is_range = in_range != 0};
	struct mm_struct *mm = task_mm();
	u64 first = pages;

	if (!wanted(mm))
		return 0;
	look_at_pages(&s, in_range ?: npages);
	if (!in_range && bpf_probe_read_kernel(&first, sizeof(first), (void *)pages))
		first = 0;
	return RECORD(unpin, mm, .pages = pages, .npages = npages, .first = pfn_of(first), .call = call, .dirty = dirty,
		      .sampled = s.looked, .unpinned = s.unpinned);
}

static __always_inline int unpin_ret(u64 pages, u64 npages, u32 call)
{
	return EMIT(unpin_ret, task_mm(), .pages = pages, .npages = npages, .call = call);
}

/* PIN(variant, function, mm, start, npages, pages, flags): which argument is what; `often` is empty, or _SELDOM */
#define PIN(often, variant, function, mm, start, npages, pages, flags)                                                 \
	ENTRY##often(pin__##variant, function)                                                                         \
	{                                                                                                              \
		return pin(mm, start, npages, pages, (u32)(flags), MS_pin_call_##function);                            \
	}                                                                                                              \
	EXIT##often(pin_ret__##variant, function)                                                                      \
	{                                                                                                              \
		return pin_ret(mm, start, npages, pages, (u32)(flags), MS_pin_call_##function, PINNED(function));      \
	}

#define PINNED(function) (MS_pin_call_##function == MS_pin_call_pin_user_pages_fast ? (s64)(s32)RET() : (s64)RET())

PIN(, here, pin_user_pages, task_mm(), ARG(0), ARG(1), ADDRESS(3), ARG(2))
PIN(, fast, pin_user_pages_fast, task_mm(), ARG(0), (u32)ARG(1), ADDRESS(3), ARG(2))
PIN(, remote, pin_user_pages_remote, (struct mm_struct *)ARG(0), ARG(1), ARG(2), ADDRESS(4), ARG(3))
PIN(_SELDOM, unlocked, pin_user_pages_unlocked, task_mm(), ARG(0), ARG(1), ADDRESS(2), ARG(3))
/* memfd_pin_folios(memfd, start, end, folios, max_folios, offset): offsets in the file, not addresses; not in 6.1 */
PIN(_SELDOM, memfd, memfd_pin_folios, task_mm(), ARG(1), (u32)ARG(4), ADDRESS(3), 0)

#define UNPIN(often, variant, function, npages, in_range, dirty)                                                       \
	ENTRY##often(unpin__##variant, function)                                                                       \
	{                                                                                                              \
		return unpin(ADDRESS(0), npages, in_range, MS_pin_call_##function, dirty);                             \
	}                                                                                                              \
	EXIT##often(unpin_ret__##variant, function)                                                                    \
	{                                                                                                              \
		return unpin_ret(ADDRESS(0), npages, MS_pin_call_##function);                                          \
	}

UNPIN(_SELDOM, page, unpin_user_page, 1, 1, 0)
UNPIN(, pages, unpin_user_pages, ARG(1), 0, 0)
UNPIN(, dirty, unpin_user_pages_dirty_lock, ARG(1), 0, ARG(2) & 1)
UNPIN(, range, unpin_user_page_range_dirty_lock, ARG(1), ARG(1), ARG(2) & 1)
/* not in 6.1 */
UNPIN(, folio_pages, unpin_user_folio, ARG(1), 1, 0)
UNPIN(_SELDOM, folio, unpin_folio, 1, 1, 0)
UNPIN(_SELDOM, folios, unpin_folios, ARG(1), 0, 0)
