// SPDX-License-Identifier: GPL-2.0
/* When my_driver's table is filled in and cleared: the hook of docs/tutorial-driver.md, for `record --hook`. */
#ifdef MIRRORSCOPE_BCC /* a module without BTF: its structs are in its header */
#include "my_driver.h"
#endif
#include "bpf/hook.bpf.h"

#ifndef MIRRORSCOPE_BCC /* with BTF: the fields that are used, found by name */
MS_FIELDS_BY_NAME_BEGIN
struct my_device {
	struct mmu_interval_notifier notifier;
	unsigned long start;
};
MS_FIELDS_BY_NAME_END
#endif

#define PAGE_SHIFT_OF_X86 12

/* my_driver_watch(dev, start, pages): from here on the driver promises that its callback has cleared the table when it returns */
EXIT(dev_ctx__mine, my_driver_watch)
{
	struct my_device *dev = (void *)ARG(0);
	struct promise p = {
	    .ctx = ID(dev), .sub = ID(&dev->notifier), .discipline = MS_discipline_unmap, .driver = MS_driver_hook};

	return (s32)RET() ? 0 : promises(&p, GET(dev, notifier.mm));
}

/* my_driver_write_table(dev, index, pfn, seq): under the lock that the callback takes, behind read_retry() */
ENTRY(dev_map__mine, my_driver_write_table)
{
	struct my_device *dev = (void *)ARG(0);
	u64 at = GET(dev, start) + (ARG(1) << PAGE_SHIFT_OF_X86);

	return EMIT(dev_map, GET(dev, notifier.mm), .ctx = ID(dev), .sub = ID(&dev->notifier), .start = at,
		    .end = at + (1UL << PAGE_SHIFT_OF_X86), .seq = ARG(3), .sub_seq = GET(dev, notifier.invalidate_seq), .pfn = ARG(2),
		    .owner = 0, .source = MS_page_source_hmm_write, .order = 0, .write = 1, .cpu_dirty = 0, .driver = MS_driver_hook);
}

/* my_driver_clear_table(dev, first, last) */
EXIT(dev_unmap__mine, my_driver_clear_table)
{
	struct my_device *dev = (void *)ARG(0);
	u64 start = GET(dev, start);

	return EMIT(dev_unmap, GET(dev, notifier.mm), .ctx = ID(dev), .sub = ID(&dev->notifier),
		    .start = start + (ARG(1) << PAGE_SHIFT_OF_X86), .end = start + ((ARG(2) + 1) << PAGE_SHIFT_OF_X86),
		    .driver = MS_driver_hook);
}

/* my_driver_forget(dev): its notifier is gone when it returns */
EXIT(dev_ctx_end__mine, my_driver_forget)
{
	struct my_device *dev = (void *)ARG(0);

	return is_gone(ID(dev), MS_driver_hook, GET(dev, notifier.mm));
}
