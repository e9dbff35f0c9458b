// SPDX-License-Identifier: GPL-2.0
/* When a process of a Xen domain maps grants of another, and lets go of them. drivers/xen/gntdev.c. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: unmap. The callback has no sequence: mmu_interval_read_begin() is only a barrier after the insert. A notifier exists in
 * paravirtualised domains alone (use_ptemod); elsewhere nothing is said. Not seen: the unmapping (unmap_grant_pages() is split by the
 * compiler), so no mapping is claimed either.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vm_area_struct___data {
	void *vm_private_data;
};

struct gntdev_grant_map {
	struct mmu_interval_notifier notifier;
	bool notifier_init;
};

#pragma clang attribute pop

static __always_inline struct gntdev_grant_map *watched(u64 vma)
{
	struct gntdev_grant_map *map = READ((struct vm_area_struct___data *)vma, vm_private_data);

	return map && READ(map, notifier_init) ? map : 0;
}

/* gntdev_mmap(flip, vma) */
EXIT_SELDOM(dev_ctx__gntdev, gntdev_mmap)
{
	struct gntdev_grant_map *map = watched(ADDRESS(1));
	struct promise p = {.ctx = ID(map), .discipline = MS_discipline_unmap, .driver = MS_driver_gntdev};

	if ((s32)RET() || !map)
		return 0;
	p.sub = ID(&map->notifier);
	return promises(&p, READ(map, notifier.mm));
}

ENTRY_SELDOM(dev_ctx_end__gntdev, gntdev_vma_close)
{
	struct gntdev_grant_map *map = watched(ADDRESS(0));

	return map ? is_gone(ID(map), MS_driver_gntdev, READ(map, notifier.mm)) : 0;
}
