// SPDX-License-Identifier: GPL-2.0
/* When an on-demand-paging region is registered, faulted, mapped, unmapped, released. drivers/infiniband/core/umem_odp.c. */
#include "bpf/drivers/ib_umem.bpf.h"
#include "bpf/drivers/promise.bpf.h"

static __always_inline int registered(struct ib_umem_odp *odp)
{
	if (ID(odp) >= ERR_PTR_MIN)
		return 0;
	return EMIT(reg, READ(odp, umem.owning_mm), .ctx = ID(odp), .sub = ID(&odp->notifier),
		    .start = READ(odp, notifier.interval_tree.start), .end = READ(odp, notifier.interval_tree.last) + 1,
		    .driver = MS_driver_ib_umem_odp, .write = BPF_CORE_READ_BITFIELD_PROBED(&odp->umem, writable));
}

EXIT(reg__odp, ib_umem_odp_get)
{
	return registered((void *)RET());
}

/* A part of an implicit region: mlx5 makes them as faults come in. */
EXIT_SELDOM(reg__odp_child, ib_umem_odp_alloc_child)
{
	return registered((void *)RET());
}

ENTRY(dereg__odp, ib_umem_odp_release)
{
	struct ib_umem_odp *odp = (void *)ARG(0);

	return EMIT(dereg, GET(odp, umem.owning_mm), .ctx = ID(odp), .start = GET(odp, notifier.interval_tree.start),
		    .end = GET(odp, notifier.interval_tree.last) + 1, .driver = MS_driver_ib_umem_odp, .dirty = 0);
}

static __always_inline struct request of(struct ib_umem_odp *odp, u64 start, u64 end)
{
	return (struct request){
	    .ctx = ID(odp), .sub = ID(&odp->notifier), .start = start, .end = end, .driver = MS_driver_ib_umem_odp};
}

/* ib_umem_odp_map_dma_and_lock(odp, user_virt, bcnt, access_mask, fault) */
ENTRY(dev_fault__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct request r = of(odp, ARG(1), ARG(1) + ARG(2));

	r.write = odp_asks_write(ARG(3));
	return asks(&r, GET(odp, umem.owning_mm));
}

EXIT(dev_fault_ret__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct request r = of(odp, ARG(1), ARG(1) + ARG(2));
	s32 ret = (s32)RET();

	r.ret = ret < 0 ? ret : 0;
	return answered(&r, GET(odp, umem.owning_mm));
}

/*
 * It returns with umem_mutex held, which the callback needs to set the sub's sequence: what is read here is what was
 * valid when the page list was committed. The sequence that it was checked against is a local variable there. The range is the whole
 * pages that were asked for. Without `fault` they may all be empty, and mlx5_ib_invalidate_range() then has nothing to unmap:
 * that is no mapping.
 */
EXIT(dev_map__odp, ib_umem_odp_map_dma_and_lock)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct request r;
	u64 page;

	if ((s32)RET() < 0 || !(ARG(4) & 1))
		return 0;
	page = 1UL << (GET(odp, page_shift) & 63);
	r = of(odp, ARG(1) & -page, (ARG(1) + ARG(2) + page - 1) & -page);
	r.write = odp_asks_write(ARG(3));
	return mapped(&r, GET(odp, notifier.invalidate_seq), GET(odp, umem.owning_mm));
}

/* ib_umem_odp_unmap_dma_pages(odp, virt, bound), under umem_mutex; it clips to the region itself. */
EXIT(dev_unmap__odp, ib_umem_odp_unmap_dma_pages)
{
	struct ib_umem_odp *odp = (void *)ARG(0);
	struct request r = of(odp, GET(odp, notifier.interval_tree.start), GET(odp, notifier.interval_tree.last) + 1);

	if (r.start < ARG(1))
		r.start = ARG(1);
	if (r.end > ARG(2))
		r.end = ARG(2);
	return unmapped(&r, GET(odp, umem.owning_mm));
}
