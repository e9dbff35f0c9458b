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

#define ACCESS_OF(access) .ctx = access.ctx, .start = access.start, .end = access.end, .driver = MS_driver_rxe_odp

/* rxe_odp_map_range_and_lock(mr, iova, length, flags); the iova of an ODP region is its user address */
EXIT(dma_begin__rxe_odp, rxe_odp_map_range_and_lock)
{
	struct rxe_mr *mr = (void *)ARG(0);
	struct ib_umem *umem = GET(mr, umem);
	struct mm_struct *mm = GET(umem, owning_mm);
	u32 tid = bpf_get_current_pid_tgid();
	struct access access = {.ctx = ID(umem), .mm = ID(mm), .start = ARG(1), .end = ARG(1) + (u32)ARG(2)};

	if ((s32)RET() || !wanted(mm))
		return 0;
	bpf_map_update_elem(&accesses, &tid, &access, BPF_ANY);
	return RECORD(dma_begin, mm, ACCESS_OF(access), .write = !(ARG(3) & RXE_PAGEFAULT_RDONLY));
}

/* Only what began: these functions also fail before they get to the memory. */
static __always_inline int end(s32 ret)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct access *begun = bpf_map_lookup_elem(&accesses, &tid), access;

	if (!begun)
		return 0;
	access = *begun;
	bpf_map_delete_elem(&accesses, &tid);
	return RECORD(dma_end, access.mm, ACCESS_OF(access), .ret = ret);
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
