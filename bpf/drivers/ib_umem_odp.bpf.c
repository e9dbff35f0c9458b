// SPDX-License-Identifier: GPL-2.0
/* When an on-demand-paging region is registered, faulted, mapped, unmapped, released. drivers/infiniband/core/umem_odp.c. */
#include "bpf/drivers/ib_umem.bpf.h"

static __always_inline int registered(struct ib_umem_odp *odp)
{
	struct mm_struct *mm;
	struct ev_reg *e;

	if (ID(odp) >= ERR_PTR_MIN)
		return 0;
	mm = READ(odp, umem.owning_mm);
	if (!wanted(mm))
		return 0;
	e = RESERVE(reg);
	if (!e)
		return 0;
	e->ctx = ID(odp);
	e->sub = ID(&odp->notifier);
	e->start = READ(odp, notifier.interval_tree.start);
	e->end = READ(odp, notifier.interval_tree.last) + 1;
	e->driver = MS_driver_ib_umem_odp;
	e->write = BPF_CORE_READ_BITFIELD_PROBED(&odp->umem, writable);
	SUBMIT(reg, e, mm);
	return 0;
}

EXIT(reg__odp, ib_umem_odp_get)
{
	return registered((void *)RET());
}

/* A part of an implicit region: mlx5 makes them as faults come in. */
EXIT(reg__odp_child, ib_umem_odp_alloc_child)
{
	return registered((void *)RET());
}

ENTRY(dereg__odp, ib_umem_odp_release)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct mm_struct *mm = GET(odp, umem.owning_mm);
	struct ev_dereg *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dereg);
	if (!e)
		return 0;
	e->ctx = ID(odp);
	e->start = GET(odp, notifier.interval_tree.start);
	e->end = GET(odp, notifier.interval_tree.last) + 1;
	e->driver = MS_driver_ib_umem_odp;
	e->dirty = 0;
	SUBMIT(dereg, e, mm);
	return 0;
}

/* ib_umem_odp_map_dma_and_lock(odp, user_virt, bcnt, access_mask, fault) */
ENTRY(dev_fault__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct mm_struct *mm = GET(odp, umem.owning_mm);
	struct ev_dev_fault *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_fault);
	if (!e)
		return 0;
	e->ctx = ID(odp);
	e->sub = ID(&odp->notifier);
	e->start = ARG(1);
	e->end = ARG(1) + ARG(2);
	e->driver = MS_driver_ib_umem_odp;
	e->write = odp_asks_write(ARG(3));
	SUBMIT(dev_fault, e, mm);
	return 0;
}

EXIT(dev_fault_ret__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct mm_struct *mm = GET(odp, umem.owning_mm);
	struct ev_dev_fault_ret *e;
	s32 ret = (s32)RET();

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_fault_ret);
	if (!e)
		return 0;
	e->ctx = ID(odp);
	e->sub = ID(&odp->notifier);
	e->start = ARG(1);
	e->end = ARG(1) + ARG(2);
	e->driver = MS_driver_ib_umem_odp;
	e->ret = ret < 0 ? ret : 0;
	SUBMIT(dev_fault_ret, e, mm);
	return 0;
}

/*
 * It returns with umem_mutex held, which the callback needs to set the sub's sequence: what is read here is what was
 * valid when the page list was committed. The range is the whole pages that were asked for. Without `fault` they may all
 * be empty, and mlx5_ib_invalidate_range() then has nothing to unmap: that is no mapping.
 */
EXIT(dev_map__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct mm_struct *mm = GET(odp, umem.owning_mm);
	struct ev_dev_map *e;
	u64 page;

	if ((s32)RET() < 0 || !(ARG(4) & 1) || !wanted(mm))
		return 0;
	e = RESERVE(dev_map);
	if (!e)
		return 0;
	page = 1UL << (GET(odp, page_shift) & 63);
	e->ctx = ID(odp);
	e->sub = ID(&odp->notifier);
	e->start = ARG(1) & -page;
	e->end = (ARG(1) + ARG(2) + page - 1) & -page;
	e->seq = 0; /* a local variable there */
	e->sub_seq = GET(odp, notifier.invalidate_seq);
	e->pfn = 0;
	e->owner = 0;
	e->source = MS_page_source_unknown;
	e->order = 0;
	e->write = odp_asks_write(ARG(3));
	e->cpu_dirty = 0;
	e->driver = MS_driver_ib_umem_odp;
	e->pad0 = 0;
	SUBMIT(dev_map, e, mm);
	return 0;
}

/* ib_umem_odp_unmap_dma_pages(odp, virt, bound), under umem_mutex; it clips to the region itself. */
EXIT(dev_unmap__odp, ib_umem_odp_unmap_dma_pages)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct mm_struct *mm = GET(odp, umem.owning_mm);
	u64 start = GET(odp, notifier.interval_tree.start), end = GET(odp, notifier.interval_tree.last) + 1;
	struct ev_dev_unmap *e;

	if (start < ARG(1))
		start = ARG(1);
	if (end > ARG(2))
		end = ARG(2);
	if (start >= end || !wanted(mm))
		return 0;
	e = RESERVE(dev_unmap);
	if (!e)
		return 0;
	e->ctx = ID(odp);
	e->sub = ID(&odp->notifier);
	e->start = start;
	e->end = end;
	e->driver = MS_driver_ib_umem_odp;
	e->pad0 = 0;
	SUBMIT(dev_unmap, e, mm);
	return 0;
}
