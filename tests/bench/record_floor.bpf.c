// SPDX-License-Identifier: GPL-2.0
/* The floor of recording: fentry and fexit programs that reserve and submit records of the sizes of ours, and read nothing. */
#include "bpf/kernel.bpf.h"
#include "schema/events.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

static __always_inline int submit(u64 size)
{
	void *record = bpf_ringbuf_reserve(&ring, size, 0);

	if (record)
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

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
