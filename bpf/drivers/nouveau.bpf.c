// SPDX-License-Identifier: GPL-2.0
/* When pages of a process become usable by an NVIDIA GPU, and no longer. drivers/gpu/drm/nouveau/nouveau_svm.c; Debian builds it without. */
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: unmap, by an mmu_notifier of the whole mm, which the kernel calls behind the tree. The interval notifier that each fault inserts
 * and removes only stores the sequence (nouveau_svm_range_invalidate(), "very hacky"), and the commit asks it: its sub is not named here.
 * Exempt: MMU_NOTIFY_MIGRATE of the device's own, which the mmu_notifier leaves out because the migration unmaps by itself, and
 * MMU_NOTIFY_EXCLUSIVE of its own, which the interval notifier leaves out; the owner is the drm_device. What the process keeps unmanaged is a
 * hole. Not seen: single faults and the sequence of a commit (nouveau_range_fault() is split by the compiler); copies, which name no
 * migration and end with a fence; pages in the GPU's memory by their pfn: entries have its address there.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct drm_device;

struct drm_file {
	void *driver_priv;
};

struct nvif_object {
	s32 oclass;
};

struct nvif_vmm {
	struct nvif_object object;
};

struct nouveau_drm {
	struct drm_device *dev;
};

struct nouveau_svmm;
struct nouveau_cli;

struct nouveau_vmm {
	struct nouveau_cli *cli;
	struct nvif_vmm vmm;
	struct nouveau_svmm *svmm;
};

struct nouveau_cli {
	struct nouveau_drm *drm;
	struct nouveau_vmm svm;
};

struct nouveau_svmm {
	struct mmu_notifier notifier;
	struct nouveau_vmm *vmm;
	struct {
		unsigned long start;
		unsigned long limit;
	} unmanaged;
};

/* What nouveau_svm.c gives to nvif_object_ioctl(): the two headers and the entries. */
struct nouveau_pfnmap_args {
	struct {
		u8 type;
	} i;
	struct {
		u8 method;
	} m;
	struct {
		u8 page;
		u64 addr;
		u64 size;
		u64 phys[];
	} p;
};

struct nvif_vmm_pfnclr_v0 {
	u64 addr;
	u64 size;
};

#pragma clang attribute pop

/* include/nvif/ioctl.h, if000c.h, class.h */
#define NVIF_IOCTL_V0_MTHD 4
#define NVIF_VMM_V0_PFNMAP 5
#define NVIF_VMM_V0_PFNCLR 6
#define NVIF_VMM_PFNMAP_V0_ADDR 0xfffffffffffff000UL
#define NVIF_VMM_PFNMAP_V0_VRAM 0x10
#define NVIF_VMM_PFNMAP_V0_A 4
#define NVIF_VMM_PFNMAP_V0_W 2
#define NVIF_VMM_PFNMAP_V0_V 1
#define NVIF_CLASS_VMM_GP100 (s32)0x8000c00d /* the one whose faults can be replayed, so that it can be an SVM's */
#define MAX_PAGES 512			     /* of one update: nouveau_dmem_migrate_vma() */

static __always_inline u64 owner_device(struct nouveau_svmm *svmm)
{
	struct nouveau_vmm *vmm = READ(svmm, vmm);
	struct nouveau_cli *cli = READ(vmm, cli);
	struct nouveau_drm *drm = READ(cli, drm);

	return ID(READ(drm, dev));
}

/* Is this nouveau built with SVM? Without it what nvif does is never about a process's pages, and the types are missing. */
#define HAS_SVM() bpf_core_type_exists(struct nouveau_pfnmap_args)

/* The SVM whose page table this object is, 0 if it is another's. Numbers of methods are those of a class. */
static __always_inline struct nouveau_svmm *svmm_of(u64 object)
{
	u64 at =
	    object - bpf_core_field_offset(struct nouveau_vmm, vmm) - bpf_core_field_offset(struct nvif_vmm, object);
	struct nouveau_vmm *vmm = (void *)at;
	struct nouveau_svmm *svmm;

	if (READ((struct nvif_object *)object, oclass) != NVIF_CLASS_VMM_GP100)
		return 0;
	svmm = READ(vmm, svmm);
	return svmm && ID(READ(svmm, vmm)) == at ? svmm : 0;
}

/* nouveau_svmm_init(dev, data, file_priv), from an ioctl */
EXIT_SELDOM(dev_ctx__nouveau, nouveau_svmm_init)
{
	struct drm_file *file = (void *)ARG(2);
	struct nouveau_cli *cli = (void *)READ(file, driver_priv);
	struct nouveau_svmm *svmm;
	struct promise p = {.discipline = MS_discipline_unmap, .driver = MS_driver_nouveau};

	if ((s32)RET())
		return 0;
	svmm = READ(cli, svm.svmm);
	p.ctx = ID(svmm);
	p.owner = owner_device(svmm);
	return promises(&p, READ(svmm, notifier.mm));
}

/* nouveau_svmm_join(svmm, inst): a channel is about to use it. Those without SVM have none. */
ENTRY(dev_hole__nouveau, nouveau_svmm_join)
{
	struct nouveau_svmm *svmm = (void *)ADDRESS(0);
	u64 start, end;

	if (!svmm)
		return 0;
	start = READ(svmm, unmanaged.start);
	end = READ(svmm, unmanaged.limit);
	return start < end ? EMIT(dev_hole, READ(svmm, notifier.mm), .ctx = ID(svmm), .start = start, .end = end,
				  .driver = MS_driver_nouveau)
			   : 0;
}

/* nouveau_svmm_fini(&svmm): its channels are gone, and the page table goes next. */
ENTRY_SELDOM(dev_ctx_end__nouveau, nouveau_svmm_fini)
{
	struct nouveau_svmm *svmm = 0;

	bpf_probe_read_kernel(&svmm, sizeof(svmm), (void *)ADDRESS(0));
	return svmm ? is_gone(ID(svmm), MS_driver_nouveau, READ(svmm, notifier.mm)) : 0;
}

/* One entry of an update: none if its page did not come along. */
static __always_inline int entry_written(struct nouveau_svmm *svmm, u64 owner, u64 start, u32 shift, u64 entry)
{
	const bool vram = entry & NVIF_VMM_PFNMAP_V0_VRAM;

	if (!(entry & NVIF_VMM_PFNMAP_V0_V))
		return 0;
	return EMIT(dev_map, READ(svmm, notifier.mm), .ctx = ID(svmm), .sub = 0, .start = start,
		    .end = start + (1UL << (shift & 63)), .seq = 0, .sub_seq = 0,
		    .pfn = vram ? 0 : (entry & NVIF_VMM_PFNMAP_V0_ADDR) >> 12, .owner = vram ? owner : 0,
		    .source = entry & NVIF_VMM_PFNMAP_V0_A ? MS_page_source_exclusive : MS_page_source_unknown,
		    .order = shift - 12, .write = !!(entry & NVIF_VMM_PFNMAP_V0_W), .cpu_dirty = 0,
		    .driver = MS_driver_nouveau);
}

/*
 * nvif_object_ioctl(object, args, size, hack), under svmm->mutex: a fault's page or block (nouveau_range_fault(),
 * nouveau_atomic_range_fault()), or what a migration has moved (nouveau_pfns_map()). It returns when the entries are written.
 */
EXIT(dev_map__nouveau, nvif_object_ioctl)
{
	struct nouveau_pfnmap_args *map = (void *)ADDRESS(1);
	struct nouveau_svmm *svmm;
	u64 owner, start, pages, entry;
	u32 shift, i;

	if (!HAS_SVM())
		return 0;
	if ((s32)RET() || READ(map, i.type) != NVIF_IOCTL_V0_MTHD || READ(map, m.method) != NVIF_VMM_V0_PFNMAP)
		return 0;
	svmm = svmm_of(ADDRESS(0));
	if (!svmm)
		return 0;
	owner = owner_device(svmm);
	shift = READ(map, p.page);
	start = READ(map, p.addr);
	pages = READ(map, p.size) >> (shift & 63);
	for (i = 0; i < MAX_PAGES && i < pages; i++) {
		if (bpf_probe_read_kernel(&entry, sizeof(entry), &map->p.phys[i]))
			break;
		entry_written(svmm, owner, start + ((u64)i << (shift & 63)), shift, entry);
	}
	return 0;
}

/* nvif_object_mthd(object, mthd, data, size): nouveau_svmm_invalidate(), which waits for the GPU to have flushed */
EXIT(dev_unmap__nouveau, nvif_object_mthd)
{
	struct nvif_vmm_pfnclr_v0 *clear = (void *)ADDRESS(2);
	struct request r = {.driver = MS_driver_nouveau};
	struct nouveau_svmm *svmm;

	if (!HAS_SVM() || (u32)ARG(1) != NVIF_VMM_V0_PFNCLR || (s32)RET())
		return 0;
	svmm = svmm_of(ADDRESS(0));
	if (!svmm)
		return 0;
	r.ctx = ID(svmm);
	r.start = READ(clear, addr);
	r.end = r.start + READ(clear, size);
	return unmapped(&r, READ(svmm, notifier.mm));
}
