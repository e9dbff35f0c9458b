// SPDX-License-Identifier: GPL-2.0
/* Mode `mirror`: the pattern of Documentation/mm/hmm.rst. The model's is driver-model/profiles/hmm_mirror.cpp. */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "device.h"

#define REF_TRIES 1000

static bool all_writable(const unsigned long *pfns, unsigned long n)
{
	while (n && pfns[n - 1] & HMM_PFN_WRITE)
		n--;
	return !n;
}

/*
 * driver_populate_range(): one sequence, the range in two look-ups (as drivers do that fault in chunks), one commit. Everything between
 * read_begin and the commit is thrown away when an invalidation has come in between.
 */
static int populate(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	const bool share_seq = ref_is(o, REF_MIRROR_seq_shared) || ref_is(o, REF_MIRROR_hmm_range_shared);
	const bool across = ref_is(o, REF_MIRROR_lock_across_read_begin);
	unsigned long own_pfns[REF_CHUNK], own_seq, at, next;
	unsigned long *pfns = ref_is(o, REF_MIRROR_hmm_range_shared) ? o->shared_pfns : own_pfns;
	unsigned long *seq = share_seq ? &o->shared_seq : &own_seq;
	unsigned long half = PAGE_ALIGN((end - start) / 2);
	bool looks_for_writing = write && !ref_is(o, REF_MIRROR_writes_what_was_read);
	void *owner = o->device->kind == MIRRORSCOPE_DEVMEM ? REF_OWNER : NULL;
	int ret, tries = 0;

	if (across)
		ref_lock(o, &o->lock, MS_lock_kind_user);
again:
	ret = -EBUSY;
	if (tries++ == REF_TRIES)
		goto out;
	if (!ref_is(o, REF_MIRROR_old_seq_after_busy) || tries == 1)
		*seq = mmu_interval_read_begin(&o->sub);
	for (at = start; at < end; at = next) {
		next = half && at + half < end ? at + half : end;
		if (at != start && ref_is(o, REF_MIRROR_seq_resampled_mid_walk))
			*seq = mmu_interval_read_begin(&o->sub);
retry:
		ret = ref_look(o, at, next, looks_for_writing, *seq, pfns + ((at - start) >> PAGE_SHIFT), owner);
		if (ret == -EBUSY) {
			ref_count(o->device, REF_COLLISIONS);
			if (at != start && ref_is(o, REF_MIRROR_busy_keeps_first_chunks) && tries++ < REF_TRIES) {
				*seq = mmu_interval_read_begin(&o->sub);
				goto retry;
			}
			goto again;
		}
		if (ret)
			goto out;
		/*
		 * A page of its own that the process may only read, after a fork, is given as it is, whatever was asked for (hmm_vma_handle_pte()).
		 * Looked up as nobody's it has to come back, and then it is copied.
		 */
		if (looks_for_writing && owner && !all_writable(pfns + ((at - start) >> PAGE_SHIFT), (next - at) >> PAGE_SHIFT)) {
			owner = NULL;
			goto again;
		}
		ref_window(o->device);
	}
	if (ref_is(o, REF_MIRROR_retry_check_outside_lock)) {
		if (!ref_still_valid(o, start, end, *seq))
			goto again;
		ref_window(o->device);
	}
	if (!across)
		ref_lock(o, &o->lock, MS_lock_kind_user);
	if (!ref_is(o, REF_MIRROR_skip_read_retry) && !ref_is(o, REF_MIRROR_retry_check_outside_lock) && !ref_still_valid(o, start, end, *seq)) {
		if (!across && !ref_is(o, REF_MIRROR_lock_leaked_on_collision))
			ref_unlock(o, &o->lock, MS_lock_kind_user);
		goto again;
	}
	if (ref_is(o, REF_MIRROR_set_seq_outside_lock)) /* holding the lock does not keep the sequence any more */
		ref_window(o->device);
	if (ref_is(o, REF_MIRROR_retry_check_then_unlock)) {
		ref_unlock(o, &o->lock, MS_lock_kind_user);
		ref_window(o->device);
		ref_lock(o, &o->lock, MS_lock_kind_user);
	}
	ret = ref_commit(o, start, end, write, *seq, pfns);
	if (!across)
		ref_unlock(o, &o->lock, MS_lock_kind_user);
out:
	if (across)
		ref_unlock(o, &o->lock, MS_lock_kind_user);
	return ret;
}

/* A fault of the device. mm_users must not be 0 while it looks: hmm.rst, mmget_not_zero(). */
static int mirror_fault(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	const bool gets = !ref_is(o, REF_MIRROR_no_mmget);
	struct mm_struct *mm = o->device->mm;
	unsigned long at, next;
	int ret = 0;

	if (gets && !mmget_not_zero(mm))
		return -EFAULT;
	ref_count(o->device, REF_FAULTS);
	SAY(dev_fault, o, .sub = SUB(o), .start = start, .end = end, .write = write);
	for (at = start; at < end && !ret; at = next) {
		next = min(end, at + (REF_CHUNK << PAGE_SHIFT));
		ret = populate(o, at, next, write);
	}
	SAY(dev_fault_ret, o, .sub = SUB(o), .start = start, .end = end, .ret = ret);
	if (gets)
		mmput_async(mm); /* a worker's may be the last, and the teardown waits for the device */
	return ret;
}

/* driver_invalidate(): what is refused may not be slept for; rxe_ib_invalidate_range() does so too. */
static bool mirror_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct ref_object *o = container_of(sub, struct ref_object, sub);
	unsigned long start = max(range->start, o->start), end = min(range->end, o->end);
	const bool not_unmap = range->event != MMU_NOTIFY_UNMAP;
	const bool late = ref_is(o, REF_MIRROR_set_seq_outside_lock);
	const bool own = range->event == MMU_NOTIFY_MIGRATE && range->owner == REF_OWNER;

	ref_count(o->device, REF_INVALIDATIONS);
	if (ref_is(o, REF_MIRROR_refused_with_lock_held)) {
		ref_lock(o, &o->lock, MS_lock_kind_user);
		if (!mmu_notifier_range_blockable(range))
			return false;
		ref_unlock(o, &o->lock, MS_lock_kind_user);
	}
	if ((!mmu_notifier_range_blockable(range) && !ref_is(o, REF_MIRROR_nonblock_blocks)) || ref_is(o, REF_MIRROR_blockable_refused)) {
		ref_count(o->device, REF_REFUSALS);
		return false;
	}
	if ((not_unmap && ref_is(o, REF_MIRROR_unmap_events_only)) || (own && ref_is(o, REF_DEVMEM_own_migration_left_out)))
		return true;
	ref_lock(o, &o->lock, MS_lock_kind_user);
	if (!late && !ref_is(o, REF_MIRROR_callback_skips_set_seq) && !(not_unmap && ref_is(o, REF_MIRROR_set_seq_for_unmap_only)))
		mmu_interval_set_seq(sub, cur_seq);
	if (ref_is(o, REF_MIRROR_invalidate_range_misrounded))
		end -= PAGE_SIZE;
	if (ref_is(o, REF_MIRROR_invalidate_first_page_lost))
		start += PAGE_SIZE;
	if (!(own && ref_is(o, REF_DEVMEM_own_migration_keeps_translations))) {
		ref_zap(o, start, end);
		if (!ref_is(o, REF_MIRROR_invalidate_no_drain))
			ref_drain(o, start, end);
	}
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	if (late) {
		ref_window(o->device);
		mmu_interval_set_seq(sub, cur_seq);
	}
	if (range->event == MMU_NOTIFY_UNMAP && ref_is(o, REF_MIRROR_removed_in_the_callback))
		mmu_interval_notifier_remove(sub);
	return true;
}

static const struct mmu_interval_notifier_ops mirror_ops = { .invalidate = mirror_invalidate };

static int mirror_setup(struct ref_device *d)
{
	struct ref_object *o = ref_object_new(d, 0, ULONG_MAX & PAGE_MASK, true);
	int ret;

	if (!o)
		return -ENOMEM;
	ret = mmu_interval_notifier_insert(&o->sub, d->mm, o->start, o->end - o->start, &mirror_ops);
	if (ret) {
		ref_object_put(o);
		return ret;
	}
	o->watched = true;
	d->whole = o;
	ref_introduce(o);
	return 0;
}

static struct ref_object *mirror_find(struct ref_device *d, unsigned long address, unsigned long end)
{
	ref_object_get(d->whole);
	return d->whole;
}

static void mirror_cleanup(struct ref_device *d)
{
	struct ref_object *o = d->whole;

	if (!o)
		return;
	ref_zap(o, o->start, o->end);
	ref_drain(o, o->start, o->end);
	mmu_interval_notifier_remove(&o->sub);
	SAY(dev_ctx_end, o);
	ref_object_put(o);
}

const struct ref_mode ref_mirror = {
	.discipline = MS_discipline_unmap,
	.flushes = true,
	.setup = mirror_setup,
	.fault = mirror_fault,
	.find = mirror_find,
	.cleanup = mirror_cleanup,
};
