// SPDX-License-Identifier: GPL-2.0
/*
 * Mode `registration`: a buffer object over user memory, whose pages are pinned at a submission and kept until the sequence has gone on. The
 * callback stores the sequence and nothing else. The model's is driver-model/profiles/i915_userptr.cpp.
 */
#include <linux/slab.h>

#include "device.h"

/* userptr_unbind() and the pages' way back: nobody uses them any more, then nobody can, then they go. */
static void drop_pages(struct ref_object *o)
{
	struct page **pages = o->pages;

	if (!o->have_pages)
		return;
	o->have_pages = false;
	o->pages = NULL;
	if (ref_is(o, REF_REGISTRATION_unpinned_while_bound))
		ref_unpin(o, pages, o->npages, o->write);
	if (!ref_is(o, REF_REGISTRATION_not_idle))
		ref_drain(o, o->start, o->end);
	ref_zap(o, o->start, o->end);
	if (!ref_is(o, REF_REGISTRATION_unpinned_while_bound))
		ref_unpin(o, pages, o->npages, o->write && !ref_is(o, REF_REGISTRATION_not_dirtied));
	kvfree(pages);
}

/* i915_gem_object_userptr_submit_init() */
static int submit_init(struct ref_object *o)
{
	struct page **pages;
	unsigned long seq;
	int ret;

	seq = mmu_interval_read_begin(&o->sub);
	ref_lock(o, &o->lock, MS_lock_kind_reservation);
	if (o->have_pages && (seq == o->pages_seq || ref_is(o, REF_REGISTRATION_cached_for_ever))) {
		SAY(reg_hit, o, .sub = SUB(o), .start = o->start, .end = o->end, .seq = o->pages_seq, .sub_seq = SUB_SEQ(o));
		ref_unlock(o, &o->lock, MS_lock_kind_reservation);
		return 0;
	}
	drop_pages(o);
	ref_unlock(o, &o->lock, MS_lock_kind_reservation);

	pages = kvcalloc(o->npages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	ret = ref_pin(o, pages, o->write);
	if (ret)
		goto out;
	ref_window(o->device);
	ref_lock(o, &o->lock, MS_lock_kind_reservation);
	if (!ref_still_valid(o, o->start, o->end, seq)) {
		ret = -EAGAIN;
	} else if (!o->have_pages) {
		o->pages = pages;
		o->pages_seq = seq;
		o->have_pages = true;
		pages = NULL; /* the object keeps them */
	}
	ref_unlock(o, &o->lock, MS_lock_kind_reservation);
	if (pages && !(ret && ref_is(o, REF_REGISTRATION_collision_leaks)))
		ref_unpin(o, pages, o->npages, false);
out:
	kvfree(pages);
	return ret;
}

/* eb_move_to_gpu(): bound, asked again, armed */
static int registration_arm(struct ref_object *o, struct ref_work *work, bool listed)
{
	const bool asks = !ref_is(o, REF_REGISTRATION_not_asked_when_done) && !ref_is(o, REF_REGISTRATION_cached_for_ever);
	int ret = submit_init(o);

	if (ret)
		return ret;
	ref_window(o->device);
	ref_lock(o, &o->lock, MS_lock_kind_reservation);
	ret = -EAGAIN;
	if (!o->have_pages)
		goto out;
	if (!ref_mapped(o, o->start, o->end, false) && ref_map_pages(o, o->pages, o->pages_seq))
		goto out;
	/* the oracle: a pin may go stale while work runs, but work must not begin on one that is */
	if (!asks)
		ref_pages_current(o, o->pages, work->start, work->end);
	if (asks && !ref_still_valid(o, o->start, o->end, o->pages_seq)) /* i915_gem_object_userptr_submit_done() */
		goto out;
	SAY(job_begin, o, .job = IDENTITY(work), .by = IDENTITY(o->device->mm));
	work->job = true;
	ret = ref_begin(o, work);
	if (ret)
		SAY(job_end, o, .job = IDENTITY(work), .ret = ret);
out:
	ref_unlock(o, &o->lock, MS_lock_kind_reservation);
	return ret;
}

/* i915_gem_userptr_invalidate() */
static bool registration_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	ref_count(container_of(sub, struct ref_object, sub)->device, REF_INVALIDATIONS);
	mmu_interval_set_seq(sub, cur_seq);
	return true;
}

static const struct mmu_interval_notifier_ops registration_ops = { .invalidate = registration_invalidate };

static int registration_add(struct ref_object *o)
{
	int ret = mmu_interval_notifier_insert(&o->sub, o->device->mm, o->start, o->end - o->start, &registration_ops);

	if (ret)
		return ret;
	o->watched = true;
	ref_introduce(o);
	return 0;
}

/* The last handle is closed: i915_gem_userptr_put_pages(), i915_gem_userptr_release() */
static void registration_remove(struct ref_object *o)
{
	ref_lock(o, &o->lock, MS_lock_kind_reservation);
	ref_drain(o, o->start, o->end);
	drop_pages(o);
	ref_unlock(o, &o->lock, MS_lock_kind_reservation);
	mmu_interval_notifier_remove(&o->sub);
	o->watched = false;
	SAY(dev_ctx_end, o);
}

const struct ref_mode ref_registration = {
	.discipline = MS_discipline_pin,
	.flushes = true,
	.pins = true,
	.add = registration_add,
	.remove = registration_remove,
	.arm = registration_arm,
};
