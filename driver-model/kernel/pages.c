// SPDX-License-Identifier: GPL-2.0
/* Pages that are pinned for the device: taken, mapped, given back. */
#include <linux/slab.h>

#include "device.h"

static void say_hold(struct ref_object *o, unsigned long n, struct page *page)
{
	unsigned long at = o->start + (n << PAGE_SHIFT);

	SAY(page_hold, o, .start = at, .end = at + PAGE_SIZE, .pfn = page_to_pfn(page), .hold = MS_hold_pin, .longterm = 1);
}

static void say_release(struct ref_object *o, unsigned long n, struct page *page, bool dirty)
{
	unsigned long at = o->start + (n << PAGE_SHIFT);

	SAY(page_release, o, .start = at, .end = at + PAGE_SIZE, .pfn = page_to_pfn(page), .hold = MS_hold_pin, .dirty = dirty);
}

/* All pages of the object, or none and why. In the process's own context. */
int ref_pin(struct ref_object *o, struct page **pages, bool write)
{
	long got = pin_user_pages_fast(o->start, o->npages, FOLL_LONGTERM | (write ? FOLL_WRITE : 0), pages);

	for (long i = 0; i < got; i++)
		say_hold(o, i, pages[i]);
	if (got > 0)
		atomic64_add(got, &o->device->counts[REF_HELD]);
	if (got == o->npages)
		return 0;
	if (got > 0 && !ref_is(o, REF_PINNED_short_pin_leaks))
		ref_unpin(o, pages, got, false);
	return got < 0 ? got : -EFAULT;
}

void ref_unpin(struct ref_object *o, struct page **pages, unsigned long npages, bool dirty)
{
	for (unsigned long i = 0; i < npages; i++)
		say_release(o, i, pages[i], dirty);
	unpin_user_pages_dirty_lock(pages, npages, dirty);
	atomic64_sub(npages, &o->device->counts[REF_HELD]);
}

/* The caller holds what keeps others from the table. */
int ref_map_pages(struct ref_object *o, struct page **pages, unsigned long seq)
{
	int ret = 0;

	for (unsigned long i = 0; i < o->npages && !ret; i++)
		ret = ref_map(o, o->start + (i << PAGE_SHIFT), page_to_pfn(pages[i]) << REF_PFN_SHIFT | REF_PINNED | (o->write ? REF_WRITE : 0), seq,
			      o->device->bug == REF_PINNED_pinned_for_reading ? MS_page_source_pin_read : MS_page_source_pin);
	return ret;
}

/* Are the pinned pages of [start, end) those that the process has? */
bool ref_pages_current(struct ref_object *o, struct page **pages, unsigned long start, unsigned long end)
{
	bool current_ = true;

	for (unsigned long at = start & PAGE_MASK; at < end; at += PAGE_SIZE)
		current_ &= ref_is_current(o, at, page_to_pfn(pages[(at - o->start) >> PAGE_SHIFT]), false);
	return current_;
}
