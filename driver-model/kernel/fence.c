// SPDX-License-Identifier: GPL-2.0
/*
 * Mode `fence`: pages are looked up at each submission, and the callback waits for what was submitted. The table keeps its entries; work may not
 * begin on them until they were made anew. The model's is driver-model/profiles/amdgpu_userptr.cpp.
 */
#include <linux/delay.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "device.h"

/* amdgpu_ttm_tt_get_user_pages(), amdgpu_cs_submit(). Without the object in its list a submission asks for nothing but the VM's state. */
static int fence_arm(struct ref_object *o, struct ref_work *work, bool listed)
{
	unsigned long pfns[REF_CHUNK], seq = 0;
	const bool before = ref_is(o, REF_FENCE_validated_outside_lock);
	bool ok = true;
	int ret;

	if (o->npages > REF_CHUNK)
		return -E2BIG;
	if (listed) {
		if (!mmget_not_zero(o->device->mm))
			return -EFAULT;
		seq = mmu_interval_read_begin(&o->sub);
		ret = ref_look(o, o->start, o->end, o->write, seq, pfns, NULL);
		mmput_async(o->device->mm);
		if (ret)
			return ret == -EBUSY ? -EAGAIN : ret;
		ref_window(o->device);
	}
	ref_lock(o, &o->device->reservation, MS_lock_kind_reservation);
	if (listed && (o->pages_seq != seq || o->stale_pages)) {
		ref_drain(o, o->start, o->end);
		o->stale_pages = false; /* before the entries are made: an invalidation from here on marks them again */
		ret = ref_commit(o, o->start, o->end, o->write, seq, pfns);
		o->pages_seq = seq;
		if (ret)
			goto out;
	}
	if (before) {
		ok = !listed || ref_still_valid(o, o->start, o->end, seq);
		ref_window(o->device);
	}
	ref_lock(o, &o->lock, MS_lock_kind_user);
	if (listed && !before && !ref_is(o, REF_FENCE_not_validated))
		ok = ref_still_valid(o, o->start, o->end, seq); /* amdgpu_hmm_range_valid() */
	if (o->stale_pages && !before && !ref_is(o, REF_FENCE_not_validated) && !(ref_is(o, REF_FENCE_vm_not_asked) && !listed))
		ok = false;
	ret = -EAGAIN;
	if (ok) {
		work->listed = listed;
		work->job = true;
		SAY(job_begin, o, .job = IDENTITY(work), .by = IDENTITY(o->device->mm));
		ret = ref_begin(o, work);
		if (ret)
			SAY(job_end, o, .job = IDENTITY(work), .ret = ret);
	}
	ref_unlock(o, &o->lock, MS_lock_kind_user);
out:
	ref_unlock(o, &o->device->reservation, MS_lock_kind_reservation);
	if (ret == -EAGAIN && !listed)
		usleep_range(100, 200);
	return ret;
}

static bool own_at_rest(struct ref_object *o)
{
	struct ref_work *work;
	bool rest = true;

	spin_lock(&o->work_lock);
	list_for_each_entry(work, &o->in_flight, in_flight)
		rest &= !work->listed;
	spin_unlock(&o->work_lock);
	return rest;
}

/* amdgpu_hmm_invalidate_gfx() */
static bool fence_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct ref_object *o = container_of(sub, struct ref_object, sub);

	if (ref_refuses(o, range, ref_is(o, REF_FENCE_refuses_blockable)))
		return false;
	ref_lock(o, &o->lock, MS_lock_kind_user);
	mmu_interval_set_seq(sub, cur_seq);
	if (!ref_is(o, REF_FENCE_page_tables_not_marked))
		o->stale_pages = true; /* amdgpu_vm_bo_invalidate() */
	if (ref_is(o, REF_FENCE_waits_own_fences))
		wait_event(o->rest, own_at_rest(o));
	else if (ref_is(o, REF_FENCE_wait_interrupted))
		wait_event_timeout(o->rest, list_empty(&o->in_flight), 1);
	else if (!ref_is(o, REF_FENCE_does_not_wait))
		ref_drain(o, o->start, o->end);
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	return true;
}

static const struct mmu_interval_notifier_ops fence_ops = { .invalidate = fence_invalidate };

static int fence_add(struct ref_object *o)
{
	int ret = mmu_interval_notifier_insert(&o->sub, o->device->mm, o->start, o->end - o->start, &fence_ops);

	if (ret)
		return ret;
	o->watched = true;
	o->stale_pages = true;
	ref_introduce(o);
	return 0;
}

static void fence_remove(struct ref_object *o)
{
	ref_drain(o, o->start, o->end);
	ref_zap(o, o->start, o->end);
	mmu_interval_notifier_remove(&o->sub);
	o->watched = false;
	SAY(dev_ctx_end, o);
}

const struct ref_mode ref_fence = {
	.discipline = MS_discipline_fence,
	.flushes = true,
	.add = fence_add,
	.remove = fence_remove,
	.arm = fence_arm,
};
