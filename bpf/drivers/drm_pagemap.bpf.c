// SPDX-License-Identifier: GPL-2.0
/* What becomes of a piece of a GPU's memory that holds a process's pages. drivers/gpu/drm/drm_pagemap.c; not in 6.x. */
#include "bpf/drivers/drm_gpusvm.bpf.h"

/*
 * Discipline: none of its own. Pages that go or come are told to whoever mirrors them by the migration's own notifications
 * (drm_gpusvm.bpf.c). The object is the piece, struct drm_pagemap_devmem, which belongs to one mm. Exempt: an eviction need not wait for the
 * timeslice. Not seen: copies, which are the driver's callbacks (xe_svm.bpf.c), and single pages, whose bus addresses are mapped in one go
 * with the copy; that a piece was released without having held pages (err_out of drm_pagemap_migrate_to_devmem()).
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct drm_pagemap_devmem {
	struct mm_struct *mm;
	u64 timeslice_expiration; /* in jiffies */
};

struct drm_pagemap_migrate_details {
	unsigned long timeslice_ms;
};

struct kref {
	u8 opaque;
};

struct drm_pagemap_zdd {
	struct kref refcount;
	struct drm_pagemap_devmem *devmem_allocation;
};

struct page___zone_device {
	void *zone_device_data;
};

#pragma clang attribute pop

#define DRM_PAGEMAP_ZDD_FLAG_MASK 1UL /* include/drm/drm_pagemap.h: bit 0 of zone_device_data */

static __always_inline int piece(struct drm_pagemap_devmem *devmem, u32 verb, u64 expires)
{
	return EMIT(devmem, READ(devmem, mm), .ctx = ID(devmem), .devmem = ID(devmem), .expires = expires, .verb = verb,
		    .driver = MS_driver_drm_pagemap);
}

/*
 * drm_pagemap_migrate_to_devmem(devmem, mm, start, end, mdetails) takes the reference of the driver that has made the piece. The timeslice
 * begins behind the copy: it is over no sooner than is said here.
 */
ENTRY(devmem__pagemap_to, drm_pagemap_migrate_to_devmem)
{
	const struct drm_pagemap_migrate_details *details = (void *)ARG(4);
	u64 slice = GET(details, timeslice_ms) * 1000000;

	return piece((void *)ARG(0), MS_devmem_verb_created, slice ? bpf_ktime_get_ns() + slice : 0);
}

/* -EOPNOTSUPP comes from one place, before anything was done: the caller keeps its reference. */
EXIT(devmem__pagemap_refused, drm_pagemap_migrate_to_devmem)
{
	return (s32)RET() == -95 ? piece((void *)ARG(0), MS_devmem_verb_refused, 0) : 0;
}

/* A task that moves a piece back, until it has found pages to move. */
struct way_back {
	u64 devmem;
	u32 verb;
	u32 early; /* the timeslice was not over when it began */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32); /* tid */
	__type(value, struct way_back);
} ways_back SEC(".maps");

static __always_inline int sets_out(u64 devmem, u32 verb, u32 early)
{
	struct way_back way = {.devmem = devmem, .verb = verb, .early = early};
	u32 tid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&ways_back, &tid, &way, BPF_ANY);
	return 0;
}

/* __drm_pagemap_migrate_to_ram(vas, page, fault_addr, size), for a CPU fault */
ENTRY(devmem__pagemap_fault, __drm_pagemap_migrate_to_ram)
{
	struct page___zone_device *page = (void *)head_of(ADDRESS(1));
	struct drm_pagemap_zdd *zdd = (void *)(ID(READ(page, zone_device_data)) & ~DRM_PAGEMAP_ZDD_FLAG_MASK);
	struct drm_pagemap_devmem *devmem = READ(zdd, devmem_allocation);

	return sets_out(ID(devmem), MS_devmem_verb_to_system, bpf_jiffies64() < READ(devmem, timeslice_expiration));
}

ENTRY(devmem__pagemap_evict, drm_pagemap_evict_to_ram)
{
	return sets_out(ADDRESS(0), MS_devmem_verb_evicted, 0);
}

/* Behind the collection of the pages on both ways, each time that an eviction tries: from here on they move. */
ENTRY(devmem__pagemap_moves, drm_pagemap_skip_retired_pages)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct way_back *way = bpf_map_lookup_elem(&ways_back, &tid);

	if (!way)
		return 0;
	way->early = 0;
	return piece((void *)way->devmem, way->verb, 0);
}

static __always_inline int comes_back(bool nothing_done)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct way_back *found = bpf_map_lookup_elem(&ways_back, &tid), way;

	if (!found)
		return 0;
	way = *found;
	bpf_map_delete_elem(&ways_back, &tid);
	return way.early && nothing_done ? piece((void *)way.devmem, MS_devmem_verb_deferred, 0) : 0;
}

EXIT(devmem__pagemap_fault_ret, __drm_pagemap_migrate_to_ram)
{
	return comes_back(!(s32)RET());
}

EXIT(devmem__pagemap_evict_ret, drm_pagemap_evict_to_ram)
{
	return comes_back(false);
}

/* drm_pagemap_zdd_destroy(ref): the last page of a piece is free, devmem_release() is called next. */
ENTRY(devmem__pagemap_put, drm_pagemap_zdd_destroy)
{
	u64 zdd = ADDRESS(0) - bpf_core_field_offset(struct drm_pagemap_zdd, refcount);
	struct drm_pagemap_devmem *devmem = READ((struct drm_pagemap_zdd *)zdd, devmem_allocation);

	if (!devmem)
		return 0;
	piece(devmem, MS_devmem_verb_put, 0);
	return piece(devmem, MS_devmem_verb_released, 0);
}
