// SPDX-License-Identifier: GPL-2.0
/*
 * my_driver: the driver of docs/tutorial-driver.md. It mirrors the memory of a process into a table, as Documentation/mm/hmm.rst says, but with
 * `insmod my_driver.ko off_by_one=1` its callback forgets the last page of what is invalidated.
 */
#include <linux/fs.h>
#include <linux/hmm.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "my_driver.h"

static bool off_by_one;
module_param(off_by_one, bool, 0644);
MODULE_PARM_DESC(off_by_one, "take range->end for the last byte minus a page: the last page stays in the table");

/* What a hook can see has to be a function that the compiler keeps, under its name: noinline __noclone. */

noinline __noclone void my_driver_write_table(struct my_device *dev, unsigned long index, unsigned long pfn, unsigned long seq)
{
	dev->table[index] = pfn;
}

/* Entries first to last, both included; the device is memory, so there is no TLB to flush. */
noinline __noclone void my_driver_clear_table(struct my_device *dev, unsigned long first, unsigned long last)
{
	unsigned long index;

	for (index = first; index <= last; index++)
		dev->table[index] = 0;
}

static bool my_driver_invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct my_device *dev = container_of(notifier, struct my_device, notifier);
	unsigned long first = max(range->start, dev->start), end = min(range->end, dev->start + (dev->pages << PAGE_SHIFT));

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&dev->lock);
	else if (!mutex_trylock(&dev->lock))
		return false;
	mmu_interval_set_seq(notifier, cur_seq);
	if (off_by_one)
		end -= PAGE_SIZE;
	if (first < end)
		my_driver_clear_table(dev, (first - dev->start) >> PAGE_SHIFT, ((end - dev->start) >> PAGE_SHIFT) - 1);
	mutex_unlock(&dev->lock);
	return true;
}

static const struct mmu_interval_notifier_ops my_driver_ops = {
	.invalidate = my_driver_invalidate,
};

noinline __noclone int my_driver_watch(struct my_device *dev, unsigned long start, unsigned long pages)
{
	int ret;

	if (dev->pages)
		return -EBUSY;
	if (!pages || pages > MY_ENTRIES || !PAGE_ALIGNED(start))
		return -EINVAL;
	dev->start = start;
	ret = mmu_interval_notifier_insert(&dev->notifier, current->mm, start, pages << PAGE_SHIFT, &my_driver_ops);
	if (!ret)
		dev->pages = pages;
	return ret;
}

static int my_driver_fault(struct my_device *dev, unsigned long index)
{
	unsigned long pfn = 0, address = dev->start + (index << PAGE_SHIFT);
	struct hmm_range range = {
		.notifier = &dev->notifier,
		.start = address,
		.end = address + PAGE_SIZE,
		.hmm_pfns = &pfn,
		.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE,
	};
	int ret;

	if (index >= dev->pages)
		return -EINVAL;
	if (dev->notifier.mm != current->mm)
		return -EPERM; /* after a fork: the child's memory is none of this device's */
	do {
		range.notifier_seq = mmu_interval_read_begin(&dev->notifier);
		mmap_read_lock(current->mm);
		ret = hmm_range_fault(&range);
		mmap_read_unlock(current->mm);
		if (ret == -EBUSY)
			continue;
		if (ret)
			return ret;
		mutex_lock(&dev->lock);
		if (!mmu_interval_read_retry(&dev->notifier, range.notifier_seq)) {
			my_driver_write_table(dev, index, page_to_pfn(hmm_pfn_to_page(pfn)), range.notifier_seq);
			mutex_unlock(&dev->lock);
			return 0;
		}
		mutex_unlock(&dev->lock);
		ret = -EBUSY;
	} while (ret == -EBUSY && !fatal_signal_pending(current));
	return -EINTR;
}

static int my_driver_open(struct inode *inode, struct file *file)
{
	struct my_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return -ENOMEM;
	mutex_init(&dev->lock);
	file->private_data = dev;
	return 0;
}

/* The table is emptied while the notifier still watches it. */
noinline __noclone void my_driver_forget(struct my_device *dev)
{
	mutex_lock(&dev->lock);
	my_driver_clear_table(dev, 0, dev->pages - 1);
	mutex_unlock(&dev->lock);
	mmu_interval_notifier_remove(&dev->notifier);
}

static int my_driver_close(struct inode *inode, struct file *file)
{
	struct my_device *dev = file->private_data;

	if (dev->pages)
		my_driver_forget(dev);
	kfree(dev);
	return 0;
}

static long my_driver_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct my_watch watch;

	switch (command) {
	case MY_WATCH:
		if (copy_from_user(&watch, (void __user *)argument, sizeof(watch)))
			return -EFAULT;
		return my_driver_watch(file->private_data, watch.start, watch.pages);
	case MY_FAULT:
		return my_driver_fault(file->private_data, argument);
	}
	return -ENOTTY;
}

static const struct file_operations my_driver_fops = {
	.owner = THIS_MODULE,
	.open = my_driver_open,
	.release = my_driver_close,
	.unlocked_ioctl = my_driver_ioctl,
};

static struct miscdevice my_driver_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "my_driver",
	.mode = 0666,
	.fops = &my_driver_fops,
};

module_misc_device(my_driver_device);

MODULE_DESCRIPTION("the example of mirrorscope's tutorial");
MODULE_LICENSE("GPL");
