// SPDX-License-Identifier: GPL-2.0
/* The floor of recording a cache: uprobes that do nothing, and uprobes that reserve and submit records of the sizes of ours. */
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

SEC("uprobe")
int nothing(void *ctx)
{
	return 0;
}

SEC("uprobe")
int hit(void *ctx)
{
	return submit(sizeof(struct ev_ucache_hit));
}

SEC("uprobe")
int put(void *ctx)
{
	return submit(sizeof(struct ev_ucache_put));
}
