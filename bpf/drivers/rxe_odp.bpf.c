// SPDX-License-Identifier: GPL-2.0
/* When Soft-RoCE reads and writes an on-demand-paging region. drivers/infiniband/sw/rxe/rxe_odp.c, not in 6.x. */
#include "bpf/drivers/rxe.bpf.h"

#define RXE_PAGEFAULT_RDONLY 1

/*
 * rxe_odp_map_range_and_lock() returns 0 with umem_mutex held; between that and the unlock the pages are accessed by
 * memcpy. The unlock lies inside the functions that call it, so dma_end comes a little later than the last access, and
 * maybe after an invalidation that waited for the mutex: the access lies inside [dma_begin, dma_end], it does not fill
 * it.
 */
struct access {
	u64 ctx, mm, start, end;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32); /* tid: 7.x does this in a workqueue */
	__type(value, struct access);
} accesses SEC(".maps");

/* rxe_odp_map_range_and_lock(mr, iova, length, flags); the iova of an ODP region is its user address */
EXIT(dma_begin__rxe_odp, rxe_odp_map_range_and_lock)
{
	struct rxe_mr *mr = (void *)ARG(0);
	struct ib_umem *umem = GET(mr, umem);
	struct mm_struct *mm = GET(umem, owning_mm);
	u32 tid = bpf_get_current_pid_tgid();
	struct access access = {};
	struct ev_dma_begin *e;

	if ((s32)RET() || !wanted(mm))
		return 0;
	access.ctx = ID(umem);
	access.mm = ID(mm);
	access.start = ARG(1);
	access.end = ARG(1) + (u32)ARG(2);
	bpf_map_update_elem(&accesses, &tid, &access, BPF_ANY);
	e = RESERVE(dma_begin);
	if (!e)
		return 0;
	e->ctx = access.ctx;
	e->start = access.start;
	e->end = access.end;
	e->driver = MS_driver_rxe_odp;
	e->write = !(ARG(3) & RXE_PAGEFAULT_RDONLY);
	SUBMIT(dma_begin, e, mm);
	return 0;
}

/* Only what began: these functions also fail before they get to the memory. */
static __always_inline int end(s32 ret)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct access *begun = bpf_map_lookup_elem(&accesses, &tid), access;
	struct ev_dma_end *e;

	if (!begun)
		return 0;
	access = *begun;
	bpf_map_delete_elem(&accesses, &tid);
	e = RESERVE(dma_end);
	if (!e)
		return 0;
	e->ctx = access.ctx;
	e->start = access.start;
	e->end = access.end;
	e->driver = MS_driver_rxe_odp;
	e->ret = ret;
	SUBMIT(dma_end, e, access.mm);
	return 0;
}

EXIT(dma_end__rxe_odp_copy, rxe_odp_mr_copy)
{
	return end((s32)RET());
}

/* The next two return an enum resp_states, not an errno. */
EXIT(dma_end__rxe_odp_atomic_op, rxe_odp_atomic_op)
{
	return end(0);
}

EXIT(dma_end__rxe_odp_atomic_write, rxe_odp_do_atomic_write)
{
	return end(0);
}

EXIT(dma_end__rxe_odp_flush, rxe_odp_flush_pmem_iova)
{
	return end((s32)RET());
}
