// SPDX-License-Identifier: GPL-2.0
/* The floor of recording a cache: uprobes that do nothing, and uprobes that reserve and submit records of the sizes of ours. */
#include "floor.bpf.h"

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
