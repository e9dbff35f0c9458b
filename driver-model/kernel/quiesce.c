// SPDX-License-Identifier: GPL-2.0
/*
 * Mode `quiesce`: the callback stops the user's queue; a worker looks the pages up anew and lets it run. The model's is
 * driver-model/profiles/kfd_quiesce.cpp.
 */
#include <linux/delay.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "device.h"

/* kgd2kfd_quiesce_mm(): nothing is begun any more, and what runs is preempted */
static void stop_queue(struct ref_object *o)
{
	mutex_lock(&o->scheduler);
	o->running = false;
	mutex_unlock(&o->scheduler);
	ref_window(o->device);
	if (!ref_is(o, REF_QUIESCE_not_preempted))
		ref_drain(o, o->start, o->end);
	SAY(quiesce, o);
}

/* Work of the queue waits until it runs. */
static int quiesce_arm(struct ref_object *o, struct ref_work *work, bool listed)
{
	int ret = -EAGAIN;

	mutex_lock(&o->scheduler);
	if (o->running)
		ret = ref_begin(o, work);
	mutex_unlock(&o->scheduler);
	if (ret == -EFAULT) { /* a VM fault of the queue: it stops, and runs again when its pages have been looked for once more */
		ref_lock(o, &o->lock, MS_lock_kind_user);
		if (!o->evicted) {
			o->evicted = true;
			stop_queue(o);
			queue_delayed_work(ref_workqueue, &o->restore, 1);
		}
		ref_unlock(o, &o->lock, MS_lock_kind_user);
		ret = -EAGAIN;
	}
	if (ret)
		usleep_range(500, 1000);
	return ret;
}

/* amdgpu_amdkfd_evict_userptr() */
static bool quiesce_invalidate(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct ref_object *o = container_of(sub, struct ref_object, sub);
	const bool outside = ref_is(o, REF_QUIESCE_second_returns_early);

	if (ref_refuses(o, range, false))
		return false;
	ref_lock(o, &o->lock, MS_lock_kind_user);
	mmu_interval_set_seq(sub, cur_seq);
	o->again = true;
	if (!o->evicted) {
		o->evicted = true;
		if (outside)
			ref_unlock(o, &o->lock, MS_lock_kind_user);
		stop_queue(o);
		if (outside)
			ref_lock(o, &o->lock, MS_lock_kind_user);
		queue_delayed_work(ref_workqueue, &o->restore, 1);
	}
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	return true;
}

static const struct mmu_interval_notifier_ops quiesce_ops = { .invalidate = quiesce_invalidate };

/* amdgpu_amdkfd_restore_userptr_worker(): -EAGAIN is to be tried again later */
static int restore(struct ref_object *o)
{
	unsigned long pfns[REF_CHUNK], seq;
	const bool asks = !ref_is(o, REF_QUIESCE_resumes_unasked), before = ref_is(o, REF_QUIESCE_asks_outside_lock);
	const bool erases = ref_is(o, REF_QUIESCE_eviction_erased);
	bool ok = true;
	int ret;

	if (!mmget_not_zero(o->device->mm))
		return -EFAULT;
	ref_lock(o, &o->lock, MS_lock_kind_user);
	if (!erases)
		o->again = false;
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	seq = mmu_interval_read_begin(&o->sub);
	ret = ref_look(o, o->start, o->end, o->write, seq, pfns, NULL);
	mmput_async(o->device->mm);
	if (ret == -EBUSY)
		return -EAGAIN;
	if (!ret)
		ref_window(o->device);
	if (!ret)
		ret = ref_commit(o, o->start, o->end, o->write, seq, pfns);
	if (ret)
		ref_zap(o, o->start, o->end); /* the entries are cleared, and the queue runs on: it will fault */
	if (before) {
		ok = ret || ref_still_valid(o, o->start, o->end, seq);
		ref_window(o->device);
	}
	ref_lock(o, &o->lock, MS_lock_kind_user);
	if (erases)
		o->again = false;
	if (asks && !before)
		ok = !o->again && (ret || erases || ref_still_valid(o, o->start, o->end, seq));
	if (ok) {
		o->evicted = false;
		SAY(resume, o);
		mutex_lock(&o->scheduler);
		o->running = true;
		mutex_unlock(&o->scheduler);
	}
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	return ok ? 0 : -EAGAIN;
}

static void restore_worker(struct work_struct *work)
{
	struct ref_object *o = container_of(to_delayed_work(work), struct ref_object, restore);

	if (restore(o) == -EAGAIN && !READ_ONCE(o->leaving))
		queue_delayed_work(ref_workqueue, &o->restore, 1);
}

/* As after KFD_IOC_MAP_MEMORY: the worker maps it first. */
static int quiesce_add(struct ref_object *o)
{
	int ret;

	if (o->npages > REF_CHUNK)
		return -E2BIG;
	INIT_DELAYED_WORK(&o->restore, restore_worker);
	o->evicted = true;
	o->again = true;
	ret = mmu_interval_notifier_insert(&o->sub, o->device->mm, o->start, o->end - o->start, &quiesce_ops);
	if (ret)
		return ret;
	o->watched = true;
	ref_introduce(o);
	SAY(quiesce, o);
	queue_delayed_work(ref_workqueue, &o->restore, 0);
	return 0;
}

static void quiesce_remove(struct ref_object *o)
{
	WRITE_ONCE(o->leaving, true);
	cancel_delayed_work_sync(&o->restore);
	ref_lock(o, &o->lock, MS_lock_kind_user);
	stop_queue(o);
	ref_unlock(o, &o->lock, MS_lock_kind_user);
	ref_zap(o, o->start, o->end);
	mmu_interval_notifier_remove(&o->sub);
	o->watched = false;
	cancel_delayed_work_sync(&o->restore); /* an eviction until then has asked for it */
	SAY(dev_ctx_end, o);
}

const struct ref_mode ref_quiesce = {
	.discipline = MS_discipline_quiesce,
	.flushes = true,
	.add = quiesce_add,
	.remove = quiesce_remove,
	.arm = quiesce_arm,
};
