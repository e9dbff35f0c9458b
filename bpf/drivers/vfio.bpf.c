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
	s64 pinned = (s64)RET();

	if (pinned <= 0)
		return 0;
	return EMIT(reg, GET(dma, mm), .ctx = ID(dma), .sub = 0, .start = GET(dma, vaddr),
		    .end = ARG(1) + ((u64)pinned << 12), .driver = MS_driver_vfio,
		    .write = !!(GET(dma, prot) & IOMMU_WRITE));
}

/* vfio_remove_dma(iommu, dma): also the way back out of a map that failed. put_pfn() marks dirty what the device could write. */
ENTRY(dereg__vfio, vfio_remove_dma)
{
	struct vfio_dma *dma = (void *)ARG(1);

	return EMIT(dereg, GET(dma, mm), .ctx = ID(dma), .start = GET(dma, vaddr), .end = e->start + GET(dma, size),
		    .driver = MS_driver_vfio, .dirty = !!(GET(dma, prot) & IOMMU_WRITE));
}
