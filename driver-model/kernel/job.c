// SPDX-License-Identifier: GPL-2.0
/* What the device is asked to do: one access in the caller's time, or a job in its own. */
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "device.h"

#define REF_ATTEMPTS 100

struct job {
	struct list_head list;
	struct work_struct work;
	struct ref_object *object;
	struct ref_work access;
	u64 number;
	unsigned long entries[];
};

/* Modes that fault on demand: begins, faulting what is not there. */
static int begin_faulting(struct ref_object *o, struct ref_work *work)
{
	int ret = -EBUSY;

	for (int i = 0; i < REF_ATTEMPTS && ret; i++) {
		ret = ref_begin(o, work);
		if (ret != -EFAULT)
			return ret;
		ret = o->device->mode->fault(o, work->start & PAGE_MASK, PAGE_ALIGN(work->end), work->write);
		if (ret && ret != -EBUSY)
			return ret;
		ret = -EBUSY;
	}
	return ret;
}

/* -ESTALE: the object is of the past, and there is, or will be, another for this address. */
static int begin_anywhere(struct ref_object **object, struct ref_work *work)
{
	struct ref_device *d = (*object)->device;
	struct ref_object *o;
	int ret;

	while ((ret = begin_faulting(*object, work)) == -ESTALE) {
		o = d->mode->find(d, work->start, work->end);
		if (IS_ERR(o))
			return PTR_ERR(o);
		ref_release(*object);
		*object = o;
	}
	return ret;
}

static int arm(struct ref_object **object, struct ref_work *work, bool listed)
{
	struct ref_object *o = *object;
	int ret = -EAGAIN;

	if (!o->device->mode->arm)
		return begin_anywhere(object, work);
	for (int i = 0; i < REF_ATTEMPTS && ret == -EAGAIN; i++)
		ret = o->device->mode->arm(o, work, listed);
	return ret;
}

static struct ref_object *object_of(struct ref_device *d, u32 handle, unsigned long address, unsigned long end)
{
	struct ref_object *o;

	if (!handle || d->mode->find)
		return d->mode->find ? d->mode->find(d, address, end) : ref_object_at(d, address);
	xa_lock(&d->objects);
	o = xa_load(&d->objects, handle);
	if (o)
		ref_object_get(o);
	xa_unlock(&d->objects);
	return o ?: ERR_PTR(-ENOENT);
}

static bool within(const struct ref_object *o, unsigned long start, unsigned long end)
{
	return start >= o->start && end <= o->end && start < end;
}

int ref_access(struct ref_device *d, struct mirrorscope_access *access)
{
	unsigned long entry;
	struct ref_work work = { .start = access->address, .end = access->address + 8, .write = access->kind != MIRRORSCOPE_READ,
				 .entries = &entry };
	struct ref_object *o;
	int ret;

	if (access->address & 7 || access->kind > MIRRORSCOPE_ADD || access->address + 8 > TASK_SIZE)
		return -EINVAL;
	o = object_of(d, access->handle, work.start, work.end);
	if (IS_ERR_OR_NULL(o))
		return o ? PTR_ERR(o) : -ENOENT;
	ret = within(o, work.start, work.end) ? arm(&o, &work, true) : -EXDEV;
	if (!ret) {
		access->value = ref_touch(o, access->address, entry, access->kind, access->value);
		ref_end(&work);
	}
	ref_release(o);
	return ret;
}

static void job_done(struct job *job)
{
	struct ref_device *d = job->object->device;

	ref_release(job->object);
	spin_lock(&d->jobs_lock);
	list_del(&job->list);
	spin_unlock(&d->jobs_lock);
	wake_up_all(&d->job_done);
	kfree(job);
}

static void job_run(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);
	struct ref_device *d = job->object->device;
	struct ref_work *a = &job->access;
	unsigned long first = a->start >> PAGE_SHIFT;

	/* work that faults on demand, and that of a queue which may be stopped, begins when the device gets to it */
	if (!a->object && arm(&job->object, a, a->listed)) {
		job_done(job);
		return;
	}
	for (unsigned long page = first; page <= (a->end - 1) >> PAGE_SHIFT; page++) {
		if (d->dma_us)
			usleep_range(d->dma_us, d->dma_us + d->dma_us / 4 + 1);
		ref_touch(job->object, page == first ? (a->start + 7) & ~7UL : page << PAGE_SHIFT, a->entries[page - first],
			  a->write ? MIRRORSCOPE_WRITE : MIRRORSCOPE_READ, job->number);
	}
	ref_end(a);
	ref_count(d, REF_JOBS);
	job_done(job);
}

int ref_submit(struct ref_device *d, struct mirrorscope_job *request)
{
	unsigned long npages = ((request->address + request->length - 1) >> PAGE_SHIFT) - (request->address >> PAGE_SHIFT) + 1;
	struct ref_object *o;
	struct job *job;
	int ret = 0;

	if (!request->length || request->length > REF_JOB_PAGES << PAGE_SHIFT || request->address + request->length > TASK_SIZE ||
	    request->address + request->length < request->address)
		return -EINVAL;
	o = object_of(d, request->handle, request->address, request->address + request->length);
	if (IS_ERR_OR_NULL(o))
		return o ? PTR_ERR(o) : -ENOENT;
	ret = within(o, request->address, request->address + request->length) ? 0 : -EXDEV;
	job = ret ? NULL : kzalloc(struct_size(job, entries, npages), GFP_KERNEL);
	if (!job) {
		ref_release(o);
		return ret ?: -ENOMEM;
	}
	job->object = o;
	job->access = (struct ref_work){ .start = request->address, .end = request->address + request->length, .write = request->write,
					 .listed = request->handle, .entries = job->entries };
	INIT_WORK(&job->work, job_run);
	spin_lock(&d->jobs_lock);
	job->number = ++d->last_job;
	list_add_tail(&job->list, &d->jobs);
	spin_unlock(&d->jobs_lock);
	request->job = job->number;
	/* a submission validates in the caller's time, as execbuffer and CS ioctls do */
	if (d->kind == MIRRORSCOPE_REGISTRATION || d->kind == MIRRORSCOPE_FENCE || d->kind == MIRRORSCOPE_PINNED)
		ret = arm(&job->object, &job->access, request->handle);
	if (ret)
		job_done(job);
	else
		queue_work(ref_workqueue, &job->work);
	return ret;
}

static bool under_way(struct ref_device *d, u64 number, struct ref_object *o)
{
	struct job *job;
	bool found = false;

	spin_lock(&d->jobs_lock);
	list_for_each_entry(job, &d->jobs, list)
		if (job->number == number || job->object == o)
			found = true;
	spin_unlock(&d->jobs_lock);
	return found;
}

int ref_wait(struct ref_device *d, u64 number)
{
	wait_event(d->job_done, !under_way(d, number, NULL));
	return 0;
}

/* Of one object, or of the device if it is NULL. */
void ref_wait_all(struct ref_device *d, struct ref_object *o)
{
	wait_event(d->job_done, o ? !under_way(d, 0, o) : list_empty(&d->jobs));
}
