// SPDX-License-Identifier: GPL-2.0
/* How the device reaches memory, and the oracle: is that page what the process has at this address? */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>

#include "device.h"

/* Translates every page and is in flight from here to ref_end(). -EFAULT: a page is not mapped, or not for writing. */
int ref_begin(struct ref_object *o, struct ref_work *work)
{
	unsigned long first = work->start >> PAGE_SHIFT, last = (work->end - 1) >> PAGE_SHIFT;
	int ret = 0;

	work->object = o;
	spin_lock(&o->work_lock);
	for (unsigned long page = first; page <= last && !ret; page++) {
		work->entries[page - first] = ref_translate(o, page);
		if (!work->entries[page - first] || (work->write && !(work->entries[page - first] & REF_WRITE)))
			ret = -EFAULT;
	}
	if (!ret) {
		list_add_tail(&work->in_flight, &o->in_flight);
		SAY(dma_begin, o, .start = work->start, .end = work->end, .write = work->write);
	}
	spin_unlock(&o->work_lock);
	return ret;
}

void ref_end(struct ref_work *work)
{
	struct ref_object *o = work->object;

	spin_lock(&o->work_lock);
	SAY(dma_end, o, .start = work->start, .end = work->end);
	if (work->job) /* its fence signals before whoever waits for it goes on */
		SAY(job_end, o, .job = IDENTITY(work));
	list_del(&work->in_flight);
	spin_unlock(&o->work_lock);
	wake_up_all(&o->rest);
}

enum seen { SEEN_CURRENT, SEEN_STALE, SEEN_NOT_WRITABLE, SEEN_UNKNOWN };

/*
 * What the process's page table has at the address, without sleeping and without the mmap lock: whoever invalidates may hold it, and wait
 * for this very access. A reference in *page if it is current.
 */
static enum seen process_sees(unsigned long address, unsigned long pfn, bool write, struct page **page, unsigned long *is)
{
	int got = 0;

	*is = 0;
	for (int i = 0; i < 4 && got != 1; i++)
		got = get_user_pages_fast_only(address & PAGE_MASK, 1, write ? FOLL_WRITE : 0, page);
	if (got == 1) {
		*is = page_to_pfn(*page);
		if (*is == pfn)
			return SEEN_CURRENT;
		put_page(*page);
		return SEEN_STALE;
	}
	if (write && get_user_pages_fast_only(address & PAGE_MASK, 1, 0, page) == 1) {
		*is = page_to_pfn(*page);
		put_page(*page);
		return *is == pfn ? SEEN_NOT_WRITABLE : SEEN_STALE;
	}
	/* the zero page is pte_special(): gup_fast_pte_range() does not look at it */
	return is_zero_pfn(pfn) ? SEEN_UNKNOWN : SEEN_STALE;
}

static void note(struct ref_device *d, enum seen seen, unsigned long address, unsigned long pfn, unsigned long is)
{
	if (seen == SEEN_UNKNOWN) {
		ref_count(d, REF_UNKNOWN);
		return;
	}
	d->stale_address = address;
	d->stale_pfn = pfn;
	d->stale_is = is;
	ref_count(d, seen == SEEN_STALE ? REF_STALE : REF_NOT_WRITABLE);
}

/* get_user_pages_fast_only() asks current->mm: a worker borrows the process's, if there still is one. */
static bool borrow(struct mm_struct *mm)
{
	if (current->mm == mm)
		return true;
	if (!(current->flags & PF_KTHREAD) || !mmget_not_zero(mm))
		return false;
	kthread_use_mm(mm);
	return true;
}

static void give_back(struct mm_struct *mm)
{
	if (!(current->flags & PF_KTHREAD))
		return;
	kthread_unuse_mm(mm);
	mmput_async(mm); /* the last one tears the address space down, and that waits for this device */
}

static u64 reach(struct page *page, unsigned long address, u32 kind, u64 value)
{
	void *base = kmap_local_page(page);
	atomic64_t *where = base + (address & ~PAGE_MASK & ~7UL);
	u64 was;

	if (kind == MIRRORSCOPE_ADD)
		was = atomic64_fetch_add(value, where);
	else if (kind == MIRRORSCOPE_WRITE)
		was = atomic64_xchg(where, value);
	else
		was = atomic64_read(where);
	kunmap_local(base);
	return was;
}

/* Is the pinned or mapped page the one that the process has? Unknown counts as yes. */
bool ref_is_current(struct ref_object *o, unsigned long address, unsigned long pfn, bool write)
{
	struct ref_device *d = o->device;
	struct page *page;
	unsigned long is;
	enum seen seen;

	if (!borrow(d->mm))
		return true;
	seen = process_sees(address, pfn, write, &page, &is);
	if (seen == SEEN_CURRENT)
		put_page(page);
	else
		note(d, seen, address, pfn, is);
	give_back(d->mm);
	return seen == SEEN_CURRENT || seen == SEEN_UNKNOWN;
}

/* One access through a translation; what was there. */
u64 ref_touch(struct ref_object *o, unsigned long address, unsigned long entry, u32 kind, u64 value)
{
	struct ref_device *d = o->device;
	unsigned long pfn = REF_PFN(entry), is;
	struct page *page = NULL;
	enum seen seen;
	u64 was = 0;

	ref_count(d, REF_ACCESSES);
	/* the device's own memory, and what it has pinned, cannot go away under it; which page it is was asked for when work was armed */
	if (entry & REF_DEVICE) {
		page = ref_backing(entry);
		if (page)
			return reach(page, address, kind, value);
		note(d, SEEN_STALE, address, pfn, 0);
		return 0;
	}
	if (entry & REF_PINNED) {
		if (folio_maybe_dma_pinned(page_folio(pfn_to_page(pfn))))
			return reach(pfn_to_page(pfn), address, kind, value);
		note(d, SEEN_STALE, address, pfn, 0); /* given back, and still in use */
		return 0;
	}
	if (!borrow(d->mm)) {
		ref_count(d, REF_UNKNOWN);
		return 0;
	}
	seen = process_sees(address, pfn, kind != MIRRORSCOPE_READ, &page, &is);
	if (seen == SEEN_CURRENT) {
		was = reach(page, address, kind, value);
		/* the entry may be clean: do_swap_page() makes it writable for a read fault too */
		if (kind != MIRRORSCOPE_READ)
			set_page_dirty(page);
		put_page(page);
	} else {
		note(d, seen, address, pfn, is);
	}
	give_back(d->mm);
	return was;
}
