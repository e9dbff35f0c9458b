// SPDX-License-Identifier: GPL-2.0
/*
 * Mode `gpusvm`: the kernel's own drm_gpusvm keeps the notifiers and ranges, this driver its page table. One object per notifier. As
 * xe_svm.c does it; the model's is driver-model/profiles/gpusvm.cpp.
 */
#include <drm/drm_device.h>
#include <drm/drm_pagemap.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "device.h"
#include "gpusvm_drift.h"

#define REF_TRIES 200

/* drm_gpusvm asks its drm_device for the struct device that maps for DMA, and for nothing else (drm_gpusvm.c, drm_gpusvm_get_pages()). */
static struct platform_device *platform;
static struct drm_device drm;

struct svm {
	struct drm_gpusvm base;
	struct ref_device *device;
	struct mutex lock; /* serialises looking up, making and removing ranges, as xe's vm->lock */
	bool closing;	   /* under lock: each object says it while its ranges are removed */
};

/* The object outlives its notifier: work may be in flight. */
struct notifier {
	struct drm_gpusvm_notifier base;
	struct ref_object *object;
};

static struct ref_object *object_of(struct drm_gpusvm_notifier *base)
{
	return container_of(base, struct notifier, base)->object;
}

static struct drm_gpusvm_notifier *notifier_alloc(void)
{
	struct notifier *n = kzalloc(sizeof(*n), GFP_KERNEL);

	return n ? &n->base : NULL;
}

static void notifier_free(struct drm_gpusvm_notifier *base)
{
	struct svm *svm = container_of(base->gpusvm, struct svm, base);
	struct ref_object *o = object_of(base);

	if (o) {
		if (svm->closing)
			SAY(unlock, o, .lock = IDENTITY(&svm->lock), .kind = MS_lock_kind_ranges);
		SAY(dev_ctx_end, o);
		o->watched = false;
		o->of_svm = NULL;
		ref_object_put(o);
	}
	kfree(container_of(base, struct notifier, base));
}

static struct drm_gpusvm_range *range_alloc(struct drm_gpusvm *base)
{
	struct svm_range *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	range_init_pages(&r->base, &drm);
	return &r->base;
}

static bool was_said(struct drm_gpusvm_range *r)
{
	return container_of(r, struct svm_range, base)->said;
}

/*
 * Of the range's pages, as the hook of drm_gpusvm speaks of the range itself: the two see the same range, and each says what it sees. A callback
 * can meet a range that drm_gpusvm has just made, where another one was before: it is not said before its making is.
 */
static void say_range(struct ref_object *o, struct drm_gpusvm_range *r, u32 verb, int ret)
{
	if (!was_said(r))
		return;
	SAY(svm_range, o, .range = IDENTITY(range_pages(r)), .sub = SUB(o), .start = drm_gpusvm_range_start(r), .end = drm_gpusvm_range_end(r),
	    .within_start = o->start, .within_end = o->end, .verb = verb, .ret = ret);
}

/* Nobody can find it any more, and its notifier is still there: drm_gpusvm_range_remove(). */
static void range_free(struct drm_gpusvm_range *r)
{
	say_range(object_of(r->notifier), r, MS_svm_verb_removed, 0);
	range_free_pages(r);
	kfree(container_of(r, struct svm_range, base));
}

/* xe_svm_invalidate(): under notifier_lock for writing, the sequence is stored. */
static void invalidate(struct drm_gpusvm *base, struct drm_gpusvm_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct ref_object *o = object_of(notifier);
	struct drm_gpusvm_ctx ctx = { .in_notifier = true };
	struct drm_gpusvm_range *r = NULL;
	unsigned long start, end;

	if (!o) /* no range was ever mapped there */
		return;
	ref_count(o->device, REF_INVALIDATIONS);
	start = max(range->start, o->start);
	end = min(range->end, o->end);
	SAY(lock, o, .lock = IDENTITY(&base->notifier_lock), .kind = MS_lock_kind_user, .exclusive = 1);
	ref_zap(o, start, ref_is(o, REF_GPUSVM_callback_zaps_first_page_only) ? start + PAGE_SIZE : end);
	if (!ref_is(o, REF_GPUSVM_callback_does_not_drain))
		ref_drain(o, start, end);
	drm_gpusvm_for_each_range(r, notifier, start, end) {
		if (!ref_is(o, REF_GPUSVM_callback_skips_unmap_pages)) {
			range_unmap_pages(base, r, &ctx);
			say_range(o, r, MS_svm_verb_unmap_pages, 0);
		}
		if (range->event == MMU_NOTIFY_UNMAP) {
			range_set_unmapped(r, range);
			say_range(o, r, MS_svm_verb_set_unmapped, 0);
		}
	}
	SAY(unlock, o, .lock = IDENTITY(&base->notifier_lock), .kind = MS_lock_kind_user);
}

static const struct drm_gpusvm_ops svm_ops = {
	.notifier_alloc = notifier_alloc,
	.notifier_free = notifier_free,
	.range_alloc = range_alloc,
	.range_free = range_free,
	.invalidate = invalidate,
};

/* The first range of a notifier makes its object: before that drm_gpusvm has not said what it covers. Under svm->lock. */
static struct ref_object *introduce(struct svm *svm, struct drm_gpusvm_notifier *base)
{
	struct notifier *n = container_of(base, struct notifier, base);
	struct ref_object *o;

	if (n->object)
		return n->object;
	o = ref_object_new(svm->device, drm_gpusvm_notifier_start(base), drm_gpusvm_notifier_end(base), true);
	if (!o)
		return NULL;
	o->of_svm = &base->notifier;
	o->watched = true;
	drm_gpusvm_notifier_lock(&svm->base); /* a callback sees the object from the moment on that it is said */
	ref_introduce(o);
	n->object = o;
	drm_gpusvm_notifier_unlock(&svm->base);
	return o;
}

/* xe_svm_garbage_collector(), for the one range that is asked for: what was unmapped goes before it is found again. */
static void collect(struct svm *svm, unsigned long address)
{
	struct drm_gpusvm_notifier *notifier;
	struct drm_gpusvm_range *r;
	struct ref_object *o;
	unsigned long start, end;

	notifier = drm_gpusvm_notifier_find(&svm->base, address, address + 1);
	r = notifier ? drm_gpusvm_range_find(notifier, address, address + 1) : NULL;
	if (!r || !range_unmapped(r))
		return;
	o = object_of(notifier);
	start = drm_gpusvm_range_start(r);
	end = drm_gpusvm_range_end(r);
	if (o) {
		ref_zap(o, start, end);
		ref_drain(o, start, end);
	}
	range_remove(&svm->base, r); /* the last one takes its notifier along, and that the object */
}

/* xe_svm_bind_rebind...: every page of the range into the table, under notifier_lock for reading. */
static int bind(struct ref_object *o, struct drm_gpusvm_range *r)
{
	unsigned long at = drm_gpusvm_range_start(r), end = drm_gpusvm_range_end(r);
	struct drm_gpusvm_pages *pages = range_pages(r);
	int ret = 0;

	for (unsigned long i = 0; at < end && !ret;) {
		const struct drm_pagemap_addr *a = &pages->dma_addr[i];
		unsigned long n = 1UL << a->order;

		for (unsigned long j = 0; j < n && at < end && !ret; j++, i++, at += PAGE_SIZE)
			ret = ref_map(o, at, (PHYS_PFN(dma_to_phys(&platform->dev, a->addr)) + j) << REF_PFN_SHIFT | REF_WRITE, pages->notifier_seq,
				      MS_page_source_hmm_write);
	}
	return ret;
}

/*
 * __xe_svm_handle_pagefault(), for `asked`, of which the lock was said, or for whatever object is there. That of `asked` may have gone with its
 * last range since it was found, and a new one is there: it has to be found, and the lock said of it.
 */
static int fault_once(struct svm *svm, const struct ref_object *asked, unsigned long address, bool write)
{
	struct drm_gpusvm_ctx ctx = { .read_only = false };
	struct ref_object *o;
	struct drm_gpusvm_range *r;
	bool fresh, before;
	int ret;

	collect(svm, address);
	r = drm_gpusvm_range_find_or_insert(&svm->base, address, 0, TASK_SIZE, &ctx);
	if (IS_ERR(r))
		return PTR_ERR(r);
	o = introduce(svm, r->notifier);
	if (!o)
		return -ENOMEM;
	if (asked && o != asked)
		return -ESTALE;
	before = ref_is(o, REF_GPUSVM_pages_valid_outside_lock);
	drm_gpusvm_notifier_lock(&svm->base);
	ret = range_unmapped(r) ? -EAGAIN : 0; /* since it was found: to be collected first */
	fresh = !was_said(r);
	if (!ret) {
		container_of(r, struct svm_range, base)->said = true;
		say_range(o, r, fresh ? MS_svm_verb_created : MS_svm_verb_found, 0);
	}
	drm_gpusvm_notifier_unlock(&svm->base);
	if (ret)
		return ret;
	ret = range_get_pages(&svm->base, r, &ctx);
	say_range(o, r, MS_svm_verb_get_pages, ret);
	if (ret)
		return ret == -EOPNOTSUPP ? -EAGAIN : ret;
	ref_window(svm->device);
	if (before) {
		drm_gpusvm_notifier_lock(&svm->base);
		ret = range_pages_valid(&svm->base, r) ? 0 : -EAGAIN;
		drm_gpusvm_notifier_unlock(&svm->base);
		if (ret)
			return ret;
		say_range(o, r, MS_svm_verb_pages_valid, 0);
		ref_window(svm->device);
	}
	drm_gpusvm_notifier_lock(&svm->base);
	SAY(lock, o, .lock = IDENTITY(&svm->base.notifier_lock), .kind = MS_lock_kind_user);
	if (before || ref_is(o, REF_GPUSVM_bind_without_pages_valid)) {
		ret = range_pages(r)->dma_addr ? 0 : -EAGAIN;
	} else if (range_pages_valid(&svm->base, r)) {
		say_range(o, r, MS_svm_verb_pages_valid, 0);
	} else {
		ref_count(svm->device, REF_COLLISIONS);
		ret = -EAGAIN;
	}
	if (!ret)
		ret = bind(o, r);
	SAY(unlock, o, .lock = IDENTITY(&svm->base.notifier_lock), .kind = MS_lock_kind_user);
	drm_gpusvm_notifier_unlock(&svm->base);
	return ret;
}

static int gpusvm_fault(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	struct svm *svm = o->device->svm;
	int ret = 0;

	if (!READ_ONCE(o->of_svm)) /* its notifier went with its last range: whoever asked has to find the new one */
		return -ESTALE;
	if (!mmget_not_zero(o->device->mm))
		return -EFAULT;
	ref_count(o->device, REF_FAULTS);
	SAY(dev_fault, o, .sub = SUB(o), .start = start, .end = end, .write = write);
	ref_lock(o, &svm->lock, MS_lock_kind_ranges);
	for (unsigned long at = start; at < end && !ret; at += PAGE_SIZE) {
		if (ref_mapped(o, at, at + PAGE_SIZE, write))
			continue;
		for (int i = 0; i < REF_TRIES; i++) {
			ret = fault_once(svm, o, at, write);
			if (ret != -EAGAIN && ret != -EBUSY)
				break;
		}
	}
	ref_unlock(o, &svm->lock, MS_lock_kind_ranges);
	SAY(dev_fault_ret, o, .sub = SUB(o), .start = start, .end = end, .ret = ret);
	mmput_async(o->device->mm);
	return ret == -ENOENT ? -EFAULT : ret; /* drm_gpusvm's word for an address without a VMA */
}

/* The object of the address's notifier; a first fault makes both. */
static struct ref_object *gpusvm_find(struct ref_device *d, unsigned long address, unsigned long end)
{
	struct svm *svm = d->svm;
	struct drm_gpusvm_notifier *notifier;
	struct ref_object *o = NULL;
	int ret = 0;

	mutex_lock(&svm->lock);
	for (int i = 0; i < REF_TRIES && !o && !ret; i++) {
		notifier = drm_gpusvm_notifier_find(&svm->base, address, address + 1);
		o = notifier ? object_of(notifier) : NULL;
		if (o)
			ref_object_get(o);
		else
			ret = fault_once(svm, NULL, address & PAGE_MASK, false);
		if (ret == -EAGAIN || ret == -EBUSY)
			ret = 0;
	}
	mutex_unlock(&svm->lock);
	return o ?: ERR_PTR(ret == -ENOENT ? -EFAULT : ret ?: -EBUSY);
}

static int gpusvm_setup(struct ref_device *d)
{
	static const unsigned long chunks[] = { SZ_64K, SZ_4K };
	struct svm *svm = kzalloc(sizeof(*svm), GFP_KERNEL);
	int ret;

	if (!svm)
		return -ENOMEM;
	svm->device = d;
	mutex_init(&svm->lock);
	ret = gpusvm_init(&svm->base, &drm, d->mm, &svm_ops, chunks, ARRAY_SIZE(chunks));
	if (ret) {
		kfree(svm);
		return ret;
	}
	drm_gpusvm_driver_set_lock(&svm->base, &svm->lock);
	d->svm = svm;
	return 0;
}

/* xe_svm_fini(): the device's table first, as nobody tells it anything any more once the notifiers are gone. */
static void gpusvm_cleanup(struct ref_device *d)
{
	struct drm_gpusvm_notifier *notifier, *next;
	struct drm_gpusvm_range *r, *after;
	struct svm *svm = d->svm;

	mutex_lock(&svm->lock);
	svm->closing = true;
	drm_gpusvm_for_each_notifier_safe(notifier, next, &svm->base, 0, TASK_SIZE) {
		struct ref_object *o = object_of(notifier);

		if (!o)
			continue;
		SAY(lock, o, .lock = IDENTITY(&svm->lock), .kind = MS_lock_kind_ranges, .exclusive = 1);
		ref_zap(o, o->start, o->end);
		ref_drain(o, o->start, o->end);
		drm_gpusvm_for_each_range_safe(r, after, notifier, 0, TASK_SIZE)
			range_remove(&svm->base, r); /* with the last one the object says that the lock is given back */
	}
	drm_gpusvm_fini(&svm->base);
	mutex_unlock(&svm->lock);
	kfree(svm);
}

int ref_gpusvm_init(void)
{
	int ret;

	platform = platform_device_register_simple("mirrorscope", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	ret = dma_coerce_mask_and_coherent(&platform->dev, DMA_BIT_MASK(64));
	drm.dev = &platform->dev;
	if (ret)
		platform_device_unregister(platform);
	return ret;
}

void ref_gpusvm_exit(void)
{
	platform_device_unregister(platform);
}

const struct ref_mode ref_gpusvm = {
	.discipline = MS_discipline_unmap,
	.flushes = true,
	.wide = true,
	.setup = gpusvm_setup,
	.fault = gpusvm_fault,
	.find = gpusvm_find,
	.cleanup = gpusvm_cleanup,
};
