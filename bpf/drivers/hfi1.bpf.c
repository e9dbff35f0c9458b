// SPDX-License-Identifier: GPL-2.0
/* When a receive buffer of Omni-Path is programmed and cleared. drivers/infiniband/hw/hfi1/user_exp_rcv.c. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: pin. The callbacks act for MMU_NOTIFY_UNMAP only, which they answer by marking the entry: after anything else the device goes on
 * with pages that the process may no longer see, and that is its contract. Not seen: single entries as they are programmed
 * (set_rcvarray_entry() is inlined), so no mapping is claimed; the cache of the send side (mmu_rb.c), whose pins mm/gup.c says.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hfi1_tid_info {
	u64 vaddr;
	u32 length;
};

struct tid_rb_node {
	struct mmu_interval_notifier notifier;
};

#pragma clang attribute pop

/* hfi1_user_exp_rcv_setup(fd, tinfo), from an ioctl: its memory is the caller's */
ENTRY(dev_fault__hfi1, hfi1_user_exp_rcv_setup)
{
	struct hfi1_tid_info *tinfo = (void *)ARG(1);
	struct request r = {.ctx = ADDRESS(0), .start = GET(tinfo, vaddr), .driver = MS_driver_hfi1, .write = 1};

	r.end = r.start + GET(tinfo, length);
	return asks(&r, task_mm());
}

EXIT(dev_fault_ret__hfi1, hfi1_user_exp_rcv_setup)
{
	struct hfi1_tid_info *tinfo = (void *)ARG(1);
	struct request r = {.ctx = ADDRESS(0), .start = GET(tinfo, vaddr), .driver = MS_driver_hfi1, .ret = (s32)RET()};

	r.end = r.start + GET(tinfo, length); /* of what was done: less than was asked for if the table is full */
	return answered(&r, task_mm());
}

/* unpin_rcv_pages(fd, tidbuf, node, idx, npages, mapped): `mapped` only from __clear_tid_node(), when the device has let go of the entry */
EXIT(dev_unmap__hfi1, unpin_rcv_pages)
{
	struct tid_rb_node *node = (void *)ARG(2);
	struct request r = {.ctx = ADDRESS(0), .sub = ADDRESS(2), .driver = MS_driver_hfi1};

	if (!(ARG(5) & 1) || !r.sub)
		return 0;
	r.start = READ(node, notifier.interval_tree.start);
	r.end = READ(node, notifier.interval_tree.last) + 1;
	return unmapped(&r, READ(node, notifier.mm));
}
