// SPDX-License-Identifier: GPL-2.0
/* When memory that an NPU uses is watched, and no longer. drivers/accel/amdxdna/amdxdna_gem.c; not in 6.x. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: fence. The callback marks the mapping and waits for the work (aie2_hmm_invalidate()); the next submission looks it up again. The
 * device walks the process's page table (PASID), pfns are never used: no mapping is claimed. Not seen: submissions' check (in a loop of
 * aie2_cmd_submit()), so nothing is said about work.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *prev;
};

struct amdxdna_umap {
	struct mmu_interval_notifier notifier;
	struct list_head node;
};

struct amdxdna_mem {
	struct list_head umap_list;
};

struct amdxdna_gem_obj {
	struct amdxdna_mem mem;
};

struct kref;

#pragma clang attribute pop

/* amdxdna_gem_obj_mmap(gobj, vma), where amdxdna_hmm_register() is inlined: the newest of the list, if it is of this mapping. */
EXIT_SELDOM(dev_ctx__amdxdna, amdxdna_gem_obj_mmap)
{
	struct amdxdna_gem_obj *abo = (void *)ADDRESS(0); /* begins with its drm_gem_object */
	struct list_head *last = READ(abo, mem.umap_list.prev);
	struct amdxdna_umap *map = (void *)(ID(last) - bpf_core_field_offset(struct amdxdna_umap, node));
	struct promise p = {.ctx = ID(map), .discipline = MS_discipline_fence, .driver = MS_driver_amdxdna};
	struct mm_struct *mm;

	if ((s32)RET() || !last || ID(last) == ID(&abo->mem.umap_list))
		return 0;
	mm = READ(map, notifier.mm);
	p.sub = ID(&map->notifier);
	return ID(mm) == ID(task_mm()) ? promises(&p, mm) : 0;
}
