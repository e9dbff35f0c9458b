/* SPDX-License-Identifier: GPL-2.0 */
/* What my_driver is: a device that has a table of 64 entries for the memory of the process that opened it. */
#ifndef MY_DRIVER_H
#define MY_DRIVER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MY_ENTRIES 64

struct my_watch {
	__u64 start; /* page aligned */
	__u64 pages; /* at most MY_ENTRIES */
};

#define MY_WATCH _IOW('m', 1, struct my_watch) /* this memory, from now on; once per open file */
#define MY_FAULT _IO('m', 2)		       /* the device touches page N of it: the argument */

#ifdef __KERNEL__
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>

struct my_device {
	struct mutex lock; /* the table, and the sequence of the notifier against it */
	struct mmu_interval_notifier notifier;
	unsigned long start, pages;
	unsigned long table[MY_ENTRIES]; /* page frames, 0: none */
};

/* Called by the driver itself; here because hook and driver have to mean the same. */
int my_driver_watch(struct my_device *dev, unsigned long start, unsigned long pages);
void my_driver_write_table(struct my_device *dev, unsigned long index, unsigned long pfn, unsigned long seq);
void my_driver_clear_table(struct my_device *dev, unsigned long first, unsigned long last);
void my_driver_forget(struct my_device *dev);
#endif

#endif
