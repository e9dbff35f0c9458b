// SPDX-License-Identifier: GPL-2.0
/* The device's page table and TLB: how a translation comes, goes, is flushed, and how its last user is waited for. */
#include <linux/slab.h>

#include "device.h"

static struct ref_tlb *tlb_slot(struct ref_object *o, unsigned long page)
{
	return &o->device->tlb[(page ^ IDENTITY(o) >> 6) & (REF_TLB - 1)];
}

/* The translation of a page, 0 if there is none. Under work_lock. */
unsigned long ref_translate(struct ref_object *o, unsigned long page)
{
	struct ref_tlb *slot = tlb_slot(o, page);
	unsigned long entry = 0;
	void *found;

	spin_lock(&o->device->tlb_lock);
	if (slot->object == o && slot->page == page) {
		entry = slot->entry;
	} else {
		found = xa_load(&o->table, page);
		if (found) {
			entry = xa_to_value(found);
			*slot = (struct ref_tlb){ o, page, entry };
		}
	}
	spin_unlock(&o->device->tlb_lock);
	return entry;
}

/* Enters a translation: the caller holds the lock under which it found it valid. */
int ref_map(struct ref_object *o, unsigned long address, unsigned long entry, unsigned long seq, u32 source)
{
	void *old;

	/* what was there has other rights or another page: a device's TLB would keep it */
	spin_lock(&o->work_lock);
	spin_lock(&o->device->tlb_lock);
	if (tlb_slot(o, address >> PAGE_SHIFT)->object == o)
		tlb_slot(o, address >> PAGE_SHIFT)->object = NULL;
	spin_unlock(&o->device->tlb_lock);
	old = xa_store(&o->table, address >> PAGE_SHIFT, xa_mk_value(entry), GFP_ATOMIC);
	if (!xa_is_err(old))
		SAY(dev_map, o, .sub = SUB(o), .start = address, .end = address + PAGE_SIZE, .seq = seq, .sub_seq = o->watched ? SUB_SEQ(o) : 0,
		    .pfn = REF_PFN(entry), .owner = entry & REF_DEVICE ? IDENTITY(REF_OWNER) : 0, .source = source,
		    .write = !!(entry & REF_WRITE));
	spin_unlock(&o->work_lock);
	ref_count(o->device, REF_MAPS);
	return xa_err(old);
}

/* The page table forgets [start, end); the TLB may not have. */
void ref_erase(struct ref_object *o, unsigned long start, unsigned long end)
{
	unsigned long page;
	void *entry;

	spin_lock(&o->work_lock);
	xa_for_each_range(&o->table, page, entry, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT)
		xa_erase(&o->table, page);
	SAY(dev_unmap, o, .sub = SUB(o), .start = start, .end = end);
	spin_unlock(&o->work_lock);
}

struct flush {
	struct work_struct work;
	struct ref_object *object;
	unsigned long start, end;
	u64 token;
};

/* The device's own time: it gets to the flush when it gets to it. */
static void flush_execute(struct work_struct *work)
{
	struct flush *f = container_of(work, struct flush, work);
	struct ref_object *o = f->object;

	spin_lock(&o->device->tlb_lock);
	for (int i = 0; i < REF_TLB; i++) {
		struct ref_tlb *slot = &o->device->tlb[i];

		if (slot->object == o && slot->page >= f->start >> PAGE_SHIFT && slot->page <= (f->end - 1) >> PAGE_SHIFT)
			slot->object = NULL;
	}
	spin_unlock(&o->device->tlb_lock);
	SAY(dev_flush_done, o, .start = f->start, .end = f->end, .token = f->token);
}

/* Asks for a flush of the TLB and waits until the device has done it. */
void ref_flush(struct ref_object *o, unsigned long start, unsigned long end)
{
	struct flush f = { .object = o, .start = start, .end = end };

	f.token = atomic64_inc_return(&o->device->flushes);
	INIT_WORK_ONSTACK(&f.work, flush_execute);
	SAY(dev_flush_submit, o, .start = start, .end = end, .token = f.token);
	queue_work(ref_workqueue, &f.work);
	flush_work(&f.work);
	destroy_work_on_stack(&f.work);
}

/* No access begins with a translation of [start, end) once this returns; those that have begun go on, see ref_drain(). */
void ref_zap(struct ref_object *o, unsigned long start, unsigned long end)
{
	start = max(start, o->start);
	end = min(end, o->end);
	if (start >= end)
		return;
	ref_erase(o, start, end);
	ref_flush(o, start, end);
}

static bool at_rest(struct ref_object *o, unsigned long start, unsigned long end)
{
	struct ref_work *work;
	bool rest = true;

	spin_lock(&o->work_lock);
	list_for_each_entry(work, &o->in_flight, in_flight)
		if (work->start < end && start < work->end)
			rest = false;
	spin_unlock(&o->work_lock);
	return rest;
}

/* Waits for the accesses to [start, end) that are in flight. */
void ref_drain(struct ref_object *o, unsigned long start, unsigned long end)
{
	wait_event(o->rest, at_rest(o, start, end));
}

bool ref_mapped(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	bool mapped = true;

	spin_lock(&o->work_lock);
	for (unsigned long page = start >> PAGE_SHIFT; page <= (end - 1) >> PAGE_SHIFT; page++) {
		unsigned long entry = ref_translate(o, page);

		if (!entry || (write && !(entry & REF_WRITE)))
			mapped = false;
	}
	spin_unlock(&o->work_lock);
	return mapped;
}
