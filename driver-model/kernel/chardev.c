// SPDX-License-Identifier: GPL-2.0
/* /dev/mirrorscope: a mirroring driver for hardware that is only memory, and that can be told to be wrong. uapi.h says how to use it. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"

static char *bug = "";
module_param(bug, charp, 0644);
MODULE_PARM_DESC(bug, "mutant of devices that are set up without one: its name in the model");
static uint window_us;
module_param(window_us, uint, 0644);
MODULE_PARM_DESC(window_us, "how long a race is held open, in microseconds");
static uint dma_us;
module_param(dma_us, uint, 0644);
MODULE_PARM_DESC(dma_us, "how long a job works on a page, in microseconds");

struct workqueue_struct *ref_workqueue;

static const struct {
	u32 mode;
	bool dangerous;
	const char *name;
} mutants[] = {
#define MUTANT(mode, name) { MIRRORSCOPE_##mode, false, #name },
#define DANGEROUS(mode, name) { MIRRORSCOPE_##mode, true, #name },
#include "mutants.def"
#undef MUTANT
#undef DANGEROUS
};

static const struct ref_mode *const modes[MIRRORSCOPE_MODES] = {
	[MIRRORSCOPE_MIRROR] = &ref_mirror,
	[MIRRORSCOPE_IMPLICIT] = &ref_implicit,
	[MIRRORSCOPE_REGISTRATION] = &ref_registration,
	[MIRRORSCOPE_FENCE] = &ref_fence,
	[MIRRORSCOPE_QUIESCE] = &ref_quiesce,
	[MIRRORSCOPE_PINNED] = &ref_pinned,
#ifdef REF_HAS_GPUSVM
	[MIRRORSCOPE_GPUSVM] = &ref_gpusvm,
#endif
#ifdef REF_HAS_DEVMEM
	[MIRRORSCOPE_DEVMEM] = &ref_devmem,
#endif
};

/* 0 = correct, else the mutant's number; -ENOENT. */
static int bug_named(u32 mode, const char *name)
{
	if (!*name)
		return REF_CORRECT;
	for (int i = 0; i < ARRAY_SIZE(mutants); i++)
		if (mutants[i].mode == mode && !strcmp(mutants[i].name, name))
			return i + 1;
	return -ENOENT;
}

static int file_open(struct inode *inode, struct file *file)
{
	struct ref_device *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	mutex_init(&d->lock);
	mutex_init(&d->reservation);
	spin_lock_init(&d->tlb_lock);
	spin_lock_init(&d->jobs_lock);
	INIT_LIST_HEAD(&d->jobs);
	init_waitqueue_head(&d->job_done);
	xa_init_flags(&d->objects, XA_FLAGS_ALLOC1);
	file->private_data = d;
	return nonseekable_open(inode, file);
}

static void remove_object(struct ref_object *o)
{
	struct ref_device *d = o->device;

	xa_erase(&d->objects, o->handle);
	d->mode->remove(o);
	ref_object_put(o);
}

static int file_release(struct inode *inode, struct file *file)
{
	struct ref_device *d = file->private_data;
	struct ref_object *o;
	unsigned long index;

	if (d->mode) {
		ref_wait_all(d, NULL);
		if (d->mode->remove)
			xa_for_each(&d->objects, index, o)
				remove_object(o);
		if (d->mode->cleanup)
			d->mode->cleanup(d);
		mmdrop(d->mm);
	}
	xa_destroy(&d->objects);
	kfree(d);
	return 0;
}

/* How wide notifiers are is asked of one mode only: the others have theirs. */
static bool sensible_ranges(const struct mirrorscope_setup *setup)
{
	if (setup->mode != MIRRORSCOPE_IMPLICIT || setup->ranges != MIRRORSCOPE_LEVEL)
		return !setup->level_shift && setup->ranges < (setup->mode == MIRRORSCOPE_IMPLICIT ? MIRRORSCOPE_RANGES : 1);
	return !setup->level_shift || (setup->level_shift >= PAGE_SHIFT && setup->level_shift < 47);
}

static int set_up(struct ref_device *d, struct mirrorscope_setup *setup)
{
	int ret;

	if (setup->mode >= MIRRORSCOPE_MODES || setup->pad0 || !sensible_ranges(setup) || strnlen(setup->bug, sizeof(setup->bug)) == sizeof(setup->bug))
		return -EINVAL;
	if (!modes[setup->mode])
		return -EOPNOTSUPP;
	ret = bug_named(setup->mode, *setup->bug ? setup->bug : bug);
	if (ret < 0)
		return ret;
	if (d->mode)
		return -EBUSY;
	d->bug = ret;
	d->kind = setup->mode;
	d->window_us = setup->window_us ?: window_us;
	d->dma_us = setup->dma_us ?: dma_us;
	d->ranges = setup->ranges;
	d->level_shift = setup->level_shift ?: 21;
	d->mm = current->mm;
	d->mode = modes[setup->mode];
	mmgrab(d->mm);
	ret = d->mode->setup ? d->mode->setup(d) : 0;
	if (ret) {
		d->mode = NULL;
		mmdrop(d->mm);
	}
	return ret;
}

static int register_range(struct ref_device *d, struct mirrorscope_range *r)
{
	struct ref_object *o = ref_object_new(d, r->address, r->address + r->length, r->write);
	int ret;

	if (!o)
		return -ENOMEM;
	ret = d->mode->add(o);
	if (ret) {
		ref_object_put(o);
		return ret;
	}
	ret = xa_alloc(&d->objects, &o->handle, o, xa_limit_31b, GFP_KERNEL);
	if (ret) {
		d->mode->remove(o);
		ref_object_put(o);
		return ret;
	}
	r->handle = o->handle;
	return 0;
}

static int deregister(struct ref_device *d, u32 handle)
{
	struct ref_object *o = d->mode->add ? xa_load(&d->objects, handle) : NULL;

	if (!o)
		return -ENOENT;
	remove_object(o);
	return 0;
}

static int fault(struct ref_device *d, const struct mirrorscope_range *r)
{
	struct ref_object *o = d->mode->find(d, r->address, r->address + r->length);
	int ret;

	if (IS_ERR_OR_NULL(o))
		return o ? PTR_ERR(o) : -ENOENT;
	ret = r->address + r->length <= o->end ? d->mode->fault(o, r->address, r->address + r->length, r->write) : -EXDEV;
	ref_release(o);
	return ret;
}

static bool sensible(const struct mirrorscope_range *r)
{
	return PAGE_ALIGNED(r->address) && PAGE_ALIGNED(r->length) && r->length && r->address + r->length > r->address &&
	       r->address + r->length <= TASK_SIZE;
}

static long ranges(struct ref_device *d, unsigned int command, struct mirrorscope_range *r)
{
	int ret;

	if (!sensible(r))
		return -EINVAL;
	switch (command) {
	case MIRRORSCOPE_FAULT:
		return d->mode->find ? fault(d, r) : -EINVAL;
	case MIRRORSCOPE_REGISTER:
		if (!d->mode->add || r->length > REF_JOB_PAGES << PAGE_SHIFT)
			return -EINVAL;
		mutex_lock(&d->lock);
		ret = register_range(d, r);
		mutex_unlock(&d->lock);
		return ret;
#ifdef REF_HAS_DEVMEM
	case MIRRORSCOPE_TO_DEVICE:
		return d->kind == MIRRORSCOPE_DEVMEM ? ref_to_device(d, r->address, r->address + r->length) : -EINVAL;
	case MIRRORSCOPE_TO_SYSTEM:
		return d->kind == MIRRORSCOPE_DEVMEM ? ref_to_system(d, r->address, r->address + r->length) : -EINVAL;
#endif
	default:
		return -ENOTTY;
	}
}

static void stats(struct ref_device *d, struct mirrorscope_stats *s)
{
	u64 *fields[REF_COUNTS] = { &s->faults, &s->collisions, &s->maps,       &s->invalidations, &s->refusals, &s->accesses,
				    &s->jobs,   &s->migrations, &s->held,       &s->stale,         &s->not_writable, &s->unknown };

	for (int i = 0; i < REF_COUNTS; i++)
		*fields[i] = atomic64_read(&d->counts[i]);
	s->stale_address = d->stale_address;
	s->stale_pfn = d->stale_pfn;
	s->stale_is = d->stale_is;
}

static int enumerate(struct mirrorscope_mutant *m)
{
	if (m->index >= ARRAY_SIZE(mutants))
		return -ENOENT;
	m->mode = mutants[m->index].mode;
	m->dangerous = mutants[m->index].dangerous;
	strscpy(m->name, mutants[m->index].name, sizeof(m->name));
	return 0;
}

static long file_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct ref_device *d = file->private_data;
	union {
		struct mirrorscope_setup setup;
		struct mirrorscope_range range;
		struct mirrorscope_access access;
		struct mirrorscope_job job;
		struct mirrorscope_stats stats;
		struct mirrorscope_mutant mutant;
		u64 number;
		u32 handle;
	} arg = {};
	long ret;

	if (_IOC_TYPE(command) != 'M' || _IOC_SIZE(command) > sizeof(arg))
		return -ENOTTY;
	if (_IOC_DIR(command) & _IOC_WRITE && copy_from_user(&arg, (void __user *)argument, _IOC_SIZE(command)))
		return -EFAULT;
	if (command == MIRRORSCOPE_SETUP) {
		mutex_lock(&d->lock);
		ret = set_up(d, &arg.setup);
		mutex_unlock(&d->lock);
		return ret;
	}
	if (command == MIRRORSCOPE_ENUMERATE) {
		ret = enumerate(&arg.mutant);
	} else {
		if (!d->mode)
			return -ENODEV;
		/* a child of fork() has the file and another address space: i915_gem_userptr_ioctl() asks the same (-EFAULT) */
		if (command != MIRRORSCOPE_STATS && current->mm != d->mm)
			return -EFAULT;
		switch (command) {
		case MIRRORSCOPE_ACCESS:
			ret = ref_access(d, &arg.access);
			break;
		case MIRRORSCOPE_SUBMIT:
			ret = ref_submit(d, &arg.job);
			break;
		case MIRRORSCOPE_WAIT:
			ret = ref_wait(d, arg.number);
			break;
		case MIRRORSCOPE_DEREGISTER:
			mutex_lock(&d->lock);
			ret = deregister(d, arg.handle);
			mutex_unlock(&d->lock);
			break;
		case MIRRORSCOPE_STATS:
			stats(d, &arg.stats);
			ret = 0;
			break;
		default:
			ret = ranges(d, command, &arg.range);
		}
	}
	if (!ret && _IOC_DIR(command) & _IOC_READ && copy_to_user((void __user *)argument, &arg, _IOC_SIZE(command)))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations file_operations_ = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.unlocked_ioctl = file_ioctl,
};

static struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR, .name = "mirrorscope", .fops = &file_operations_, .mode = 0600 };

static int __init mirrorscope_init(void)
{
	int ret;

	ref_workqueue = alloc_workqueue("mirrorscope", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!ref_workqueue)
		return -ENOMEM;
	ret = ref_gpusvm_init();
	if (ret)
		goto no_device;
	ret = misc_register(&misc);
	if (!ret)
		return 0;
	ref_gpusvm_exit();
no_device:
	destroy_workqueue(ref_workqueue);
	return ret;
}

static void __exit mirrorscope_exit(void)
{
	misc_deregister(&misc);
	destroy_workqueue(ref_workqueue);
	mmu_notifier_synchronize();
	ref_devmem_exit();
	ref_gpusvm_exit();
}

module_init(mirrorscope_init);
module_exit(mirrorscope_exit);
MODULE_DESCRIPTION("Reference driver of mirrorscope: mirrors a process's memory, correctly or with a bug that is asked for");
MODULE_LICENSE("GPL");
