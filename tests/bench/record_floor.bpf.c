// SPDX-License-Identifier: GPL-2.0
/* The floor of recording: fentry and fexit programs that reserve and submit records of the sizes of ours, and read nothing. */
#include "floor.bpf.h"

SEC("fentry/__mmu_notifier_invalidate_range_start")
int start(void *ctx)
{
	return submit(sizeof(struct ev_inv_start));
}

SEC("fexit/__mmu_notifier_invalidate_range_start")
int start_ret(void *ctx)
{
	return submit(sizeof(struct ev_inv_start_ret));
}

SEC("fentry/__mmu_notifier_invalidate_range_end")
int end(void *ctx)
{
	return submit(sizeof(struct ev_inv_end));
}

SEC("fexit/__mmu_notifier_invalidate_range_end")
int end_ret(void *ctx)
{
	return submit(sizeof(struct ev_inv_end_ret));
}
