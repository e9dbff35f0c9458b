// SPDX-License-Identifier: GPL-2.0
/* Mode `devmem`: pages move to memory that only the device reaches, and back. The model's is driver-model/profiles/pagemap.cpp. */
#include <linux/highmem.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "device.h"

#define PAGES 4096
#define TIMESLICE_NS (2 * NSEC_PER_MSEC)
#define LONG_TIMESLICE_NS (100 * NSEC_PER_MSEC) /* is surely not over when the CPU touches what has just been moved */

/* What one migration to the device has allocated: drm_pagemap has struct drm_pagemap_devmem and its zdd. */
struct allocation {
	struct kref pages;
	struct ref_object *object;
	u64 expires;
};

/* A page of the device: "device memory" is a page of the system that the CPU has no address for. */
struct slot {
	struct page *backing;
	struct allocation *in;
	unsigned long generation; /* grows with every use: an old translation does not fit a page that was given away */
};

static struct slot slots[PAGES];
static struct page *unused_pages;
static DEFINE_SPINLOCK(unused_lock);
static struct dev_pagemap pagemap;
static DEFINE_MUTEX(pagemap_lock);
static void *const owner = REF_OWNER;

static unsigned long first_pfn(void)
{
	return pagemap.range.start >> PAGE_SHIFT;
}

static struct slot *slot_of(struct page *page)
{
	return &slots[page_to_pfn(page) - first_pfn()];
}

unsigned long ref_device_entry(struct page *page)
{
	return page_to_pfn(page) << REF_PFN_SHIFT | REF_DEVICE | (slot_of(page)->generation & REF_GENERATIONS) << REF_GENERATION_SHIFT;
}

/* The memory behind a translation, NULL if the device's page has been given away since. */
struct page *ref_backing(unsigned long entry)
{
	struct slot *slot = &slots[REF_PFN(entry) - first_pfn()];

	return (slot->generation & REF_GENERATIONS) == entry >> REF_GENERATION_SHIFT ? slot->backing : NULL;
}

static void allocation_free(struct kref *pages)
{
	struct allocation *in = container_of(pages, struct allocation, pages);

	SAY(devmem, in->object, .devmem = IDENTITY(in), .verb = MS_devmem_verb_put);
	SAY(devmem, in->object, .devmem = IDENTITY(in), .verb = MS_devmem_verb_released);
	ref_object_put(in->object);
	kfree(in);
}

static void folio_freed(struct folio *folio)
{
	struct page *page = folio_page(folio, 0);
	struct slot *slot = slot_of(page);
	struct allocation *in = slot->in;

	atomic64_dec(&in->object->device->counts[REF_HELD]);
	__free_page(slot->backing);
	slot->backing = NULL;
	slot->in = NULL;
	slot->generation++;
	kref_put(&in->pages, allocation_free);
	spin_lock(&unused_lock);
	page->zone_device_data = unused_pages;
	unused_pages = page;
	spin_unlock(&unused_lock);
}

static int make_room(void)
{
	struct resource *region;
	void *mapped;

	if (pagemap.range.start)
		return 0;
	region = request_free_mem_region(&iomem_resource, PAGES << PAGE_SHIFT, "mirrorscope");
	if (IS_ERR(region))
		return PTR_ERR(region);
	pagemap.type = MEMORY_DEVICE_PRIVATE;
	pagemap.range.start = region->start;
	pagemap.range.end = region->end;
	pagemap.nr_range = 1;
	pagemap.owner = owner;
	mapped = memremap_pages(&pagemap, numa_node_id());
	if (IS_ERR(mapped)) {
		release_mem_region(region->start, resource_size(region));
		pagemap.range.start = 0;
		return PTR_ERR(mapped);
	}
	for (unsigned long i = 0; i < PAGES; i++) {
		struct page *page = pfn_to_page(first_pfn() + i);

		page->zone_device_data = unused_pages;
		unused_pages = page;
	}
	return 0;
}

/* A locked page of the device with one reference, as migrate_vma wants its destinations. */
static struct page *device_page(struct allocation *in)
{
	struct page *backing = alloc_page(GFP_HIGHUSER), *page;

	if (!backing)
		return NULL;
	spin_lock(&unused_lock);
	page = unused_pages;
	if (page)
		unused_pages = page->zone_device_data;
	spin_unlock(&unused_lock);
	if (!page) {
		__free_page(backing);
		return NULL;
	}
	slot_of(page)->backing = backing;
	slot_of(page)->in = in;
	kref_get(&in->pages);
	atomic64_inc(&in->object->device->counts[REF_HELD]);
	zone_device_folio_init(page_folio(page), &pagemap, 0);
	return page;
}

/* A slot that was collected and has a page. Where there is none, nothing is copied, and nothing keeps others from faulting one in. */
static bool is_copied(unsigned long src)
{
	return src & MIGRATE_PFN_MIGRATE && migrate_pfn_to_page(src);
}

/* What is copied, piece by piece: true if there is one behind the last, which ended at *end. */
static bool next_piece(const struct migrate_vma *args, unsigned long *start, unsigned long *end)
{
	unsigned long i = (*end - args->start) >> PAGE_SHIFT;

	while (i < args->npages && !is_copied(args->src[i]))
		i++;
	*start = args->start + (i << PAGE_SHIFT);
	while (i < args->npages && is_copied(args->src[i]))
		i++;
	*end = args->start + (i << PAGE_SHIFT);
	return *start < *end;
}

static void say_copy(struct ref_object *o, const struct migrate_vma *args, bool to_device)
{
	unsigned long start, end = args->start;

	while (next_piece(args, &start, &end))
		SAY(copy_begin, o, .args = IDENTITY(args), .start = start, .end = end, .owner = IDENTITY(owner), .to_device = to_device);
}

static void say_copied(struct ref_object *o, const struct migrate_vma *args)
{
	unsigned long start, end = args->start;

	while (next_piece(args, &start, &end))
		SAY(copy_end, o, .args = IDENTITY(args), .start = start, .end = end);
}

static void copy_to_device(struct allocation *in, struct migrate_vma *args)
{
	for (unsigned long i = 0; i < args->npages; i++) {
		struct page *source = migrate_pfn_to_page(args->src[i]), *page;

		if (!(args->src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		page = device_page(in);
		if (!page)
			continue;
		if (source)
			copy_highpage(slot_of(page)->backing, source);
		else
			clear_highpage(slot_of(page)->backing);
		args->dst[i] = migrate_pfn(page_to_pfn(page)) | (args->src[i] & MIGRATE_PFN_WRITE ? MIGRATE_PFN_WRITE : 0);
	}
}

/* drm_pagemap_migrate_to_devmem() for at most REF_CHUNK pages of one VMA; the caller holds the mmap lock. */
static int migrate_to_device(struct ref_object *o, struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long src[REF_CHUNK] = {}, dst[REF_CHUNK] = {};
	struct migrate_vma args = { .vma = vma, .src = src, .dst = dst, .start = start, .end = end, .pgmap_owner = owner,
				    .flags = MIGRATE_VMA_SELECT_SYSTEM };
	struct allocation *in = kzalloc(sizeof(*in), GFP_KERNEL);
	const bool late = ref_is(o, REF_DEVMEM_finalized_before_copied);
	int ret;

	if (!in)
		return -ENOMEM;
	kref_init(&in->pages);
	ref_object_get(o);
	in->object = o;
	in->expires = ktime_get_ns() + (ref_is(o, REF_DEVMEM_timeslice_cut) ? LONG_TIMESLICE_NS : TIMESLICE_NS);
	SAY(devmem, o, .devmem = IDENTITY(in), .expires = in->expires, .verb = MS_devmem_verb_created);
	ret = migrate_vma_setup(&args);
	if (!ret && args.cpages) {
		say_copy(o, &args, true);
		copy_to_device(in, &args);
		ref_window(o->device);
		if (!late)
			say_copied(o, &args);
		if (!ref_is(o, REF_DEVMEM_pages_not_moved))
			migrate_vma_pages(&args);
		migrate_vma_finalize(&args);
		if (late)
			say_copied(o, &args);
		ref_count(o->device, REF_MIGRATIONS);
	} else if (!ret) {
		migrate_vma_finalize(&args);
	}
	kref_put(&in->pages, allocation_free);
	return ret;
}

int ref_to_device(struct ref_device *d, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	int ret = 0;

	mutex_lock(&pagemap_lock);
	ret = make_room();
	mutex_unlock(&pagemap_lock);
	if (ret)
		return ret;
	mmap_read_lock(d->mm);
	for (unsigned long at = start, next; at < end && !ret; at = next) {
		vma = vma_lookup(d->mm, at);
		if (!vma || !vma_is_anonymous(vma)) {
			ret = -EFAULT;
			break;
		}
		next = min3(end, vma->vm_end, at + (REF_CHUNK << PAGE_SHIFT));
		ret = migrate_to_device(d->whole, vma, at, next);
	}
	mmap_read_unlock(d->mm);
	return ret;
}

static bool copy_to_system(const unsigned long *src, unsigned long *dst, unsigned long npages)
{
	bool any = false;

	for (unsigned long i = 0; i < npages; i++) {
		struct page *source = migrate_pfn_to_page(src[i]), *page;

		if (!(src[i] & MIGRATE_PFN_MIGRATE) || !source || !is_device_private_page(source))
			continue;
		page = alloc_page(GFP_HIGHUSER_MOVABLE);
		if (!page)
			continue;
		lock_page(page);
		copy_highpage(page, slot_of(source)->backing);
		dst[i] = migrate_pfn(page_to_pfn(page)) | (src[i] & MIGRATE_PFN_WRITE ? MIGRATE_PFN_WRITE : 0);
		any = true;
	}
	return any;
}

/* Moves [start, end) back; the caller holds the mmap lock. For a CPU fault, `faulted` is its page. */
static int migrate_to_system(struct ref_object *o, struct vm_area_struct *vma, unsigned long start, unsigned long end, struct page *faulted)
{
	unsigned long src[REF_CHUNK] = {}, dst[REF_CHUNK] = {};
	struct migrate_vma args = { .vma = vma, .src = src, .dst = dst, .start = start, .end = end, .pgmap_owner = owner,
				    .flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE, .fault_page = faulted };
	const bool late = ref_is(o, REF_DEVMEM_copied_back_late);

	if (migrate_vma_setup(&args))
		return -EFAULT;
	if (args.cpages) {
		say_copy(o, &args, false);
		copy_to_system(src, dst, args.npages);
		if (!late)
			say_copied(o, &args);
		migrate_vma_pages(&args);
	}
	migrate_vma_finalize(&args);
	if (args.cpages && late)
		say_copied(o, &args);
	ref_count(o->device, REF_MIGRATIONS);
	return 0;
}

int ref_to_system(struct ref_device *d, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	int ret = 0;

	mmap_read_lock(d->mm);
	for (unsigned long at = start, next; at < end && !ret; at = next) {
		vma = vma_lookup(d->mm, at);
		if (!vma) {
			ret = -EFAULT;
			break;
		}
		next = min3(end, vma->vm_end, at + (REF_CHUNK << PAGE_SHIFT));
		ret = migrate_to_system(d->whole, vma, at, next, NULL);
	}
	mmap_read_unlock(d->mm);
	return ret;
}

/* __drm_pagemap_migrate_to_ram(): before its timeslice is over the page stays, and the CPU faults again. */
static vm_fault_t migrate_to_ram(struct vm_fault *vmf)
{
	struct allocation *in = slot_of(vmf->page)->in;
	unsigned long start = vmf->address & PAGE_MASK;

	if (ktime_get_ns() < in->expires && !ref_is(in->object, REF_DEVMEM_timeslice_cut)) {
		cond_resched();
		return 0;
	}
	SAY(devmem, in->object, .devmem = IDENTITY(in), .verb = MS_devmem_verb_to_system);
	return migrate_to_system(in->object, vmf->vma, start, start + PAGE_SIZE, vmf->page) ? VM_FAULT_SIGBUS : 0;
}

/* The device goes: all that is in its memory moves back, whosever it is. test_hmm.c, dmirror_device_evict_chunk(). */
static void evict(struct ref_device *d)
{
	unsigned long src[REF_CHUNK], dst[REF_CHUNK];

	for (unsigned long first = 0; first < PAGES; first += REF_CHUNK) {
		bool used = false;

		for (unsigned long i = first; i < first + REF_CHUNK; i++)
			used |= !!slots[i].in;
		if (!used)
			continue;
		memset(dst, 0, sizeof(dst));
		if (migrate_device_range(src, first_pfn() + first, REF_CHUNK))
			continue;
		for (unsigned long i = first; i < first + REF_CHUNK; i++)
			if (slots[i].in && src[i - first] & MIGRATE_PFN_MIGRATE)
				SAY(devmem, slots[i].in->object, .devmem = IDENTITY(slots[i].in), .verb = MS_devmem_verb_evicted);
		copy_to_system(src, dst, REF_CHUNK);
		migrate_device_pages(src, dst, REF_CHUNK);
		migrate_device_finalize(src, dst, REF_CHUNK);
	}
}

static const struct dev_pagemap_ops pagemap_ops = { .folio_free = folio_freed, .migrate_to_ram = migrate_to_ram };

static int devmem_setup(struct ref_device *d)
{
	pagemap.ops = &pagemap_ops;
	return ref_mirror.setup(d);
}

static int devmem_fault(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	return ref_mirror.fault(o, start, end, write);
}

static struct ref_object *devmem_find(struct ref_device *d, unsigned long address, unsigned long end)
{
	return ref_mirror.find(d, address, end);
}

static void devmem_cleanup(struct ref_device *d)
{
	if (pagemap.range.start)
		for (int i = 0; i < 10 && atomic64_read(&d->counts[REF_HELD]); i++)
			evict(d);
	WARN(atomic64_read(&d->counts[REF_HELD]), "mirrorscope: pages of the device could not be moved back");
	ref_mirror.cleanup(d);
}

void ref_devmem_exit(void)
{
	if (!pagemap.range.start)
		return;
	memunmap_pages(&pagemap);
	release_mem_region(pagemap.range.start, range_len(&pagemap.range));
}

const struct ref_mode ref_devmem = {
	.discipline = MS_discipline_unmap,
	.flushes = true,
	.setup = devmem_setup,
	.fault = devmem_fault,
	.find = devmem_find,
	.cleanup = devmem_cleanup,
};
