// SPDX-License-Identifier: GPL-2.0
/* How a mirroring object comes and goes, what it promises, its locks and its question whether a look-up still stands. */
#include <linux/delay.h>
#include <linux/slab.h>

#include "device.h"

static void restore_nothing(struct work_struct *work)
{
}

struct ref_object *ref_object_new(struct ref_device *d, unsigned long start, unsigned long end, bool write)
{
	struct ref_object *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return NULL;
	o->device = d;
	kref_init(&o->references);
	o->start = start;
	o->end = end;
	o->write = write;
	o->npages = (end - start) >> PAGE_SHIFT;
	mutex_init(&o->lock);
	mutex_init(&o->scheduler);
	spin_lock_init(&o->work_lock);
	xa_init(&o->table);
	INIT_LIST_HEAD(&o->in_flight);
	init_waitqueue_head(&o->rest);
	INIT_DELAYED_WORK(&o->restore, restore_nothing);
	return o;
}

void ref_object_get(struct ref_object *o)
{
	kref_get(&o->references);
}

static void object_free(struct kref *references)
{
	struct ref_object *o = container_of(references, struct ref_object, references);

	xa_destroy(&o->table);
	kvfree(o->pages);
	kfree(o);
}

void ref_object_put(struct ref_object *o)
{
	kref_put(&o->references, object_free);
}

void ref_introduce(struct ref_object *o)
{
	const struct ref_mode *mode = o->device->mode;

	SAY(dev_ctx, o, .sub = SUB(o), .owner = o->device->kind == MIRRORSCOPE_DEVMEM ? IDENTITY(REF_OWNER) : 0,
	    .discipline = mode->discipline, .wide = mode->wide, .flushes = mode->flushes);
}

/* The registration that covers an address, with a reference. */
struct ref_object *ref_object_at(struct ref_device *d, unsigned long address)
{
	struct ref_object *o, *found = NULL;
	unsigned long index;

	xa_lock(&d->objects);
	xa_for_each(&d->objects, index, o) {
		if (address < o->start || address >= o->end)
			continue;
		ref_object_get(o);
		found = o;
		break;
	}
	xa_unlock(&d->objects);
	return found;
}

/* Holds a race open, where a driver would be preempted one time in a million. */
void ref_window(const struct ref_device *d)
{
	if (d->window_us)
		usleep_range(d->window_us, d->window_us + d->window_us / 4 + 1);
}

void ref_lock(struct ref_object *o, struct mutex *lock, u32 kind)
{
	mutex_lock(lock);
	SAY(lock, o, .lock = IDENTITY(lock), .kind = kind, .exclusive = 1);
}

void ref_unlock(struct ref_object *o, struct mutex *lock, u32 kind)
{
	SAY(unlock, o, .lock = IDENTITY(lock), .kind = kind);
	mutex_unlock(lock);
}

/* mmu_interval_read_retry(), under the lock that the callback takes. */
bool ref_still_valid(struct ref_object *o, unsigned long start, unsigned long end, unsigned long seq)
{
	bool ok = !mmu_interval_read_retry(&o->sub, seq);

	SAY(revalidate, o, .sub = SUB(o), .start = start, .end = end, .seq = seq, .sub_seq = SUB_SEQ(o), .ok = ok);
	if (!ok)
		ref_count(o->device, REF_COLLISIONS);
	return ok;
}
