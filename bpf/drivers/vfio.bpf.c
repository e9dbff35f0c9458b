// SPDX-License-Identifier: GPL-2.0
/* When a user space driver's memory is pinned and mapped for its device. drivers/vfio/vfio_iommu_type1.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * Discipline: pin (FOLL_LONGTERM, vaddr_get_pfns()); no notifier. A struct vfio_dma is one VFIO_IOMMU_MAP_DMA. Not seen: what mediated
 * devices pin piece by piece (vfio_iommu_type1_pin_pages(), by I/O address), and that memory of a device (VM_PFNMAP) is mapped without a pin.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vfio_dma {
	unsigned long vaddr;
	unsigned long size; /* what has been pinned so far */
	int prot;
	struct mm_struct *mm;
};

#pragma clang attribute pop

#define IOMMU_WRITE 2 /* include/linux/iommu.h */

/*
 * vfio_pin_pages_remote(dma, vaddr, npage, pfn_base, limit, batch), once for each piece that is contiguous: each record replaces the one
 * before and says how far the registration reaches now. vfio_pin_map_dma(), which loops over it, is inlined.
 */
EXIT(reg__vfio, vfio_pin_pages_remote)
{
	struct vfio_dma *dma = (void *)ARG(0);
	struct mm_struct *mm = GET(dma, mm);
	s64 pinned = (s64)RET();
	struct ev_reg *e;

	if (pinned <= 0 || !wanted(mm))
		return 0;
	e = RESERVE(reg);
	if (!e)
		return 0;
	e->ctx = ID(dma);
	e->sub = 0;
	e->start = GET(dma, vaddr);
	e->end = ARG(1) + ((u64)pinned << 12);
	e->driver = MS_driver_vfio;
	e->write = !!(GET(dma, prot) & IOMMU_WRITE);
	SUBMIT(reg, e, mm);
	return 0;
}

/* vfio_remove_dma(iommu, dma): also the way back out of a map that failed. put_pfn() marks dirty what the device could write. */
ENTRY(dereg__vfio, vfio_remove_dma)
{
	struct vfio_dma *dma = (void *)ARG(1);
	struct mm_struct *mm = GET(dma, mm);
	struct ev_dereg *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dereg);
	if (!e)
		return 0;
	e->ctx = ID(dma);
	e->start = GET(dma, vaddr);
	e->end = e->start + GET(dma, size);
	e->driver = MS_driver_vfio;
	e->dirty = !!(GET(dma, prot) & IOMMU_WRITE);
	SUBMIT(dereg, e, mm);
	return 0;
}
