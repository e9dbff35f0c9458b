// SPDX-License-Identifier: GPL-2.0
/*
 * Mode `implicit`: one registration of everything, whose children have a notifier of their own, are made by faults, and are destroyed by the
 * callback that empties them; those of one request go with it. The model's is driver-model/profiles/odp_implicit.cpp.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "device.h"

#define REF_TRIES 1000

/* ib_umem_odp_map_dma_and_lock() */
static int populate(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	const bool peeks = ref_is(o, REF_IMPLICIT_read_begin_left_out), late = ref_is(o, REF_IMPLICIT_read_begin_after_the_lookup);
	unsigned long pfns[REF_CHUNK], seq;
	int ret = -EBUSY;

	for (int tries = 0; tries < REF_TRIES; tries++) {
		seq = peeks || late ? SUB_SEQ(o) : mmu_interval_read_begin(&o->sub);
		ret = ref_look(o, start, end, write, seq, pfns, NULL);
		if (ret == -EBUSY) {
			ref_count(o->device, REF_COLLISIONS);
			continue;
		}
		if (ret)
			return ret;
		ref_window(o->device);
		if (late)
			seq = mmu_interval_read_begin(&o->sub);
		ref_lock(o, &o->lock, MS_lock_kind_user);
		if (ref_still_valid(o, start, end, seq)) {
			ret = ref_commit(o, start, end, write, seq, pfns);
			ref_unlock(o, &o->lock, MS_lock_kind_user);
			return ret;
		}
		ref_unlock(o, &o->lock, MS_lock_kind_user);
	}
	return -EBUSY;
}

/* pagefault_implicit_mr() */
static int implicit_fault(struct ref_object *o, unsigned long start, unsigned long end, bool write)
{
	int ret = 0;

	if (!mmget_not_zero(o->device->mm))
		return -EFAULT;
	ref_count(o->device, REF_FAULTS);
	SAY(dev_fault, o, .sub = SUB(o), .start = start, .end = end, .write = write);
	for (unsigned long at = start, next; at < end && !ret; at = next) {
		next = min(end, at + (REF_CHUNK << PAGE_SHIFT));
		ret = populate(o, at, next, write);
	}
	SAY(dev_fault_ret, o, .sub = SUB(o), .start = start, .end = end, .ret = ret);
	mmput_async(o->device->mm);
	return ret;
}

/* Where a child is in d->objects: the first that ends behind an address is the only one that may cover it. */
static unsigned long last_page(const struct ref_object *o)
{
	return (o->end - 1) >> PAGE_SHIFT;
}

/* mlx5_ib_invalidate_range(), destroy_unused_implicit_child_mr() */
static bool implicit_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct ref_object *o = container_of(sub, struct ref_object, sub);
	unsigned long start = max(range->start, o->start), end = min(range->end, o->end);

	if (ref_refuses(o, range, false))
		return false;
	ref_lock(o, &o->lock, MS_lock_kind_user);
	mmu_interval_set_seq(sub, cur_seq);
	if (ref_is(o, REF_IMPLICIT_first_page_left_out))
		start += PAGE_SIZE;
	ref_zap(o, start, end);
	ref_drain(o, start, end);
	/* whoever takes it out of the tree destroys it; a temporary one was never in it */
	if (xa_empty(&o->table) && xa_cmpxchg(&o->device->objects, last_page(o), o, NULL, GFP_ATOMIC) == o)
		queue_work(ref_workqueue, &o->leave);
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	return true;
}

static const struct mmu_interval_notifier_ops implicit_ops = { .invalidate = implicit_invalidate };

static void over(struct ref_object *o)
{
	struct ref_device *d = o->device;

	SAY(dev_ctx_end, o);
	ref_object_put(o);
	if (atomic_dec_and_test(&d->children))
		wake_up_all(&d->job_done);
}

/* free_implicit_child_mr_work(): nobody finds it any more, and who had found it is waited for. */
static void leave(struct ref_object *o)
{
	const bool early = ref_is(o, REF_IMPLICIT_removed_before_unmapped);

	wait_event(o->rest, !atomic_read(&o->users));
	if (early)
		mmu_interval_notifier_remove(&o->sub);
	ref_lock(o, &o->lock, MS_lock_kind_user);
	ref_zap(o, o->start, o->end);
	ref_drain(o, o->start, o->end);
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	if (!early)
		mmu_interval_notifier_remove(&o->sub);
	over(o);
}

static void leave_worker(struct work_struct *work)
{
	leave(container_of(work, struct ref_object, leave));
}

/* ib_umem_odp_alloc_child() */
static struct ref_object *child_new(struct ref_device *d, unsigned long start, unsigned long end)
{
	struct ref_object *o = ref_object_new(d, start, end, true);
	int ret;

	if (!o)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&o->leave, leave_worker);
	ret = mmu_interval_notifier_insert(&o->sub, d->mm, o->start, o->end - o->start, &implicit_ops);
	if (ret) {
		ref_object_put(o);
		return ERR_PTR(ret);
	}
	o->watched = true;
	ref_introduce(o);
	atomic_inc(&d->children);
	return o;
}

static struct ref_object *first_ending_behind(struct ref_device *d, unsigned long address)
{
	unsigned long index = address >> PAGE_SHIFT;

	return xa_find(&d->objects, &index, ULONG_MAX, XA_PRESENT);
}

/* Under xa_lock: the child that covers an address. */
static struct ref_object *covering(struct ref_device *d, unsigned long address)
{
	struct ref_object *o = first_ending_behind(d, address);

	return o && o->start <= address ? o : NULL;
}

/* How wide the child of an address is to be: [*start, *end). */
static int bounds(struct ref_device *d, unsigned long address, unsigned long *start, unsigned long *end)
{
	struct vm_area_struct *vma;
	struct ref_object *o;

	if (d->ranges == MIRRORSCOPE_LEVEL) {
		*start = address & ~((1UL << d->level_shift) - 1);
		*end = *start + (1UL << d->level_shift);
		return 0;
	}
	mmap_read_lock(d->mm);
	vma = vma_lookup(d->mm, address);
	if (vma) {
		*start = vma->vm_start;
		*end = vma->vm_end;
	}
	mmap_read_unlock(d->mm);
	if (!vma)
		return -EFAULT;
	/* VMAs have been split and merged since the others were made: the gap between them (kfd_svm.c, svm_range_add()) */
	xa_lock(&d->objects);
	while (*start <= address && (o = first_ending_behind(d, *start)) && o->end <= address)
		*start = o->end;
	o = first_ending_behind(d, *start);
	if (o && o->start > address)
		*end = min(*end, o->start);
	xa_unlock(&d->objects);
	return 0;
}

/* Under xa_lock: enters a child, unless another covers a part of it by now. */
static bool place(struct ref_device *d, struct ref_object *o, int *err)
{
	struct ref_object *other = first_ending_behind(d, o->start);

	if (other && other->start < o->end)
		return false;
	*err = xa_err(__xa_store(&d->objects, last_page(o), o, GFP_ATOMIC));
	return !*err;
}

static struct ref_object *implicit_find(struct ref_device *d, unsigned long address, unsigned long end)
{
	struct ref_object *o = NULL, *made;
	unsigned long first, last;
	int err = 0;

	if (d->ranges == MIRRORSCOPE_TEMPORARY) {
		o = child_new(d, address & PAGE_MASK, PAGE_ALIGN(end));
		if (!IS_ERR(o))
			atomic_inc(&o->users);
		return o;
	}
	made = NULL;
	while (!o && !err) {
		xa_lock(&d->objects);
		o = covering(d, address);
		if (!o && made && place(d, made, &err)) {
			o = made;
			made = NULL;
		}
		if (o) {
			atomic_inc(&o->users);
			ref_object_get(o);
		}
		xa_unlock(&d->objects);
		if (made) { /* somebody was faster, or there was no memory: nobody has seen it */
			mmu_interval_notifier_remove(&made->sub);
			over(made);
			made = NULL;
		}
		if (o || err)
			break;
		err = bounds(d, address, &first, &last);
		if (err)
			break;
		made = child_new(d, first, last);
		if (IS_ERR(made))
			return made;
	}
	return o ?: ERR_PTR(err);
}

static void implicit_release(struct ref_object *o)
{
	const bool temporary = o->device->ranges == MIRRORSCOPE_TEMPORARY;

	if (atomic_dec_and_test(&o->users))
		wake_up_all(&o->rest);
	if (temporary)
		leave(o); /* nobody else has it, and this is its reference */
	else
		ref_object_put(o);
}

/* The file is closed, and its jobs are over: every child goes, by this hand or by its callback's. */
static void implicit_cleanup(struct ref_device *d)
{
	struct ref_object *o;
	unsigned long index;

	xa_for_each(&d->objects, index, o) {
		o = xa_erase(&d->objects, index);
		if (o)
			leave(o);
	}
	wait_event(d->job_done, !atomic_read(&d->children));
	flush_workqueue(ref_workqueue); /* the last worker has only woken us so far */
}

const struct ref_mode ref_implicit = {
	.discipline = MS_discipline_unmap,
	.flushes = true,
	.fault = implicit_fault,
	.find = implicit_find,
	.release = implicit_release,
	.cleanup = implicit_cleanup,
};
