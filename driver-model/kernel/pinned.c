// SPDX-License-Identifier: GPL-2.0
/* Mode `pinned`: pages pinned for as long as the registration lives, as of an RDMA memory region. The model's is pinned_mr.cpp. */
#include <linux/slab.h>

#include "device.h"

static int pinned_add(struct ref_object *o)
{
	int ret;

	o->pages = kvcalloc(o->npages, sizeof(*o->pages), GFP_KERNEL);
	if (!o->pages)
		return -ENOMEM;
	ref_introduce(o);
	ref_lock(o, &o->lock, MS_lock_kind_other);
	ret = ref_pin(o, o->pages, o->write && !ref_is(o, REF_PINNED_pinned_for_reading));
	if (!ret) {
		ret = ref_map_pages(o, o->pages, 0);
		SAY(reg, o, .start = o->start, .end = o->end, .write = o->write);
		o->have_pages = true;
		o->key = true;
	}
	ref_unlock(o, &o->lock, MS_lock_kind_other);
	if (ret)
		SAY(dev_ctx_end, o);
	return ret;
}

/* Whoever knows the key, at any time. */
static int pinned_arm(struct ref_object *o, struct ref_work *work, bool listed)
{
	int ret;

	mutex_lock(&o->scheduler);
	ret = o->key ? ref_begin(o, work) : -ENOENT;
	mutex_unlock(&o->scheduler);
	return ret;
}

/* ib_dereg_mr_user(): the key goes, the device comes to rest, __ib_umem_release(). */
static void pinned_remove(struct ref_object *o)
{
	const bool keeps_key = ref_is(o, REF_PINNED_key_outlives_mr), early = ref_is(o, REF_PINNED_released_before_rest);
	const bool dirty = o->write && !ref_is(o, REF_PINNED_not_dirtied);

	ref_lock(o, &o->lock, MS_lock_kind_other);
	if (!keeps_key) {
		mutex_lock(&o->scheduler);
		o->key = false;
		mutex_unlock(&o->scheduler);
	}
	if (early)
		ref_unpin(o, o->pages, o->npages, dirty);
	if (early)
		ref_window(o->device);
	ref_drain(o, o->start, o->end);
	SAY(dereg, o, .start = o->start, .end = o->end, .dirty = dirty);
	if (!keeps_key)
		ref_zap(o, o->start, o->end);
	if (!early)
		ref_unpin(o, o->pages, o->npages, dirty);
	if (keeps_key) { /* and somebody uses it before it goes after all */
		unsigned long entry;
		struct ref_work late = { .start = o->start, .end = o->start + 8, .write = o->write, .entries = &entry };

		if (!ref_begin(o, &late))
			ref_end(&late);
		ref_zap(o, o->start, o->end);
	}
	SAY(dev_ctx_end, o);
	ref_unlock(o, &o->lock, MS_lock_kind_other);
}

const struct ref_mode ref_pinned = {
	.discipline = MS_discipline_pin,
	.flushes = true,
	.pins = true,
	.add = pinned_add,
	.remove = pinned_remove,
	.arm = pinned_arm,
};
