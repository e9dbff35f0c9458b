// SPDX-License-Identifier: GPL-2.0
/* How device pages are evicted without an mm: migrate_device_*(). mm/migrate_device.c, since 6.1. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/probe.bpf.h"

static __always_inline int begin(u64 src, u64 npages)
{
	return RECORD(migrate_device, 0, .src = src, .npages = npages);
}

static __always_inline int end(u64 src, u64 npages, s32 ret)
{
	const u64 moves = MS_MIGRATE_PFN_VALID | MS_MIGRATE_PFN_MIGRATE;
	u32 n = 0;
	u64 slot;

	for (u32 i = 0; i < MS_SAMPLED_PAGES; i++) {
		if (i >= npages || bpf_probe_read_kernel(&slot, sizeof(slot), (u64 *)src + i))
			break;
		n += (slot & moves) == moves;
	}
	return RECORD(migrate_device_ret, 0, .src = src, .npages = npages, .src_migrate = n, .ret = ret);
}

/* migrate_device_range(src, start, npages) */
ENTRY_SELDOM(migrate_device__range, migrate_device_range)
{
	return begin(ARG(0), ARG(2));
}

EXIT_SELDOM(migrate_device_ret__range, migrate_device_range)
{
	return end(ARG(0), ARG(2), (s32)RET());
}

/* migrate_device_pfns(src, npages): not in 6.x */
ENTRY_SELDOM(migrate_device__pfns, migrate_device_pfns)
{
	return begin(ARG(0), ARG(1));
}

EXIT_SELDOM(migrate_device_ret__pfns, migrate_device_pfns)
{
	return end(ARG(0), ARG(1), (s32)RET());
}

/* migrate_device_pages(src, dst, npages) and migrate_device_finalize(src, dst, npages) */
#define STEP(event) RECORD(event, 0, .src = ARG(0), .dst = ARG(1), .npages = ARG(2))

ENTRY_SELDOM(migrate_device_pages, migrate_device_pages)
{
	return STEP(migrate_device_pages);
}

EXIT_SELDOM(migrate_device_pages_ret, migrate_device_pages)
{
	return STEP(migrate_device_pages_ret);
}

ENTRY_SELDOM(migrate_device_finalize, migrate_device_finalize)
{
	return STEP(migrate_device_finalize);
}

EXIT_SELDOM(migrate_device_finalize_ret, migrate_device_finalize)
{
	return STEP(migrate_device_finalize_ret);
}
