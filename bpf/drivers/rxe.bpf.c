// SPDX-License-Identifier: GPL-2.0
/* When Soft-RoCE reads and writes a pinned region: its "DMA" is a memcpy. drivers/infiniband/sw/rxe/rxe_mr.c. */
#define MS_IN_INTERRUPTS 1 /* in 6.1 rxe works in tasklets */
#include "bpf/drivers/rxe.bpf.h"

enum {
	RXE_TO_MR_OBJ, /* enum rxe_mr_copy_dir: the same in 6.1, 6.12 and 7.x */
};

/* The region's umem if it is a pinned one; rxe_mr_copy() passes ODP regions on, and kernel MRs have no umem. */
static __always_inline struct ib_umem *pinned(struct rxe_mr *mr, const bool direct)
{
	struct ib_umem *umem = GET(mr, umem);

	return umem && !BPF_CORE_READ_BITFIELD_PROBED(umem, is_odp) ? umem : 0;
}

/* Which bytes of the process [iova, iova + length) of the region are. */
#define ACCESS_OF(mr, umem, iova, length)                                                                              \
	.ctx = ID(umem), .start = GET(umem, address) + (iova - GET(mr, ibmr.iova)), .end = e->start + length,          \
	.driver = MS_driver_rxe

static __always_inline int begin(struct rxe_mr *mr, u64 iova, u64 length, bool write, const bool direct)
{
	struct ib_umem *umem = pinned(mr, direct);

	if (!umem)
		return 0;
	return EMIT(dma_begin, GET(umem, owning_mm), ACCESS_OF(mr, umem, iova, length), .write = write);
}

static __always_inline int end(struct rxe_mr *mr, u64 iova, u64 length, s32 ret, const bool direct)
{
	struct ib_umem *umem = pinned(mr, direct);

	if (!umem)
		return 0;
	return EMIT(dma_end, GET(umem, owning_mm), ACCESS_OF(mr, umem, iova, length), .ret = ret);
}

/* rxe_mr_copy(mr, iova, addr, length, dir) */
ENTRY(dma_begin__rxe_copy, rxe_mr_copy)
{
	return (u32)ARG(3) ? begin((void *)ARG(0), ARG(1), (u32)ARG(3), (u32)ARG(4) == RXE_TO_MR_OBJ, direct) : 0;
}

EXIT(dma_end__rxe_copy, rxe_mr_copy)
{
	return (u32)ARG(3) ? end((void *)ARG(0), ARG(1), (u32)ARG(3), (s32)RET(), direct) : 0;
}

/* rxe_mr_do_atomic_op(mr, iova, opcode, compare, swap_add, orig_val): eight bytes, both ways; not in 6.1 */
ENTRY(dma_begin__rxe_atomic_op, rxe_mr_do_atomic_op)
{
	return begin((void *)ARG(0), ARG(1), 8, true, direct);
}

EXIT(dma_end__rxe_atomic_op, rxe_mr_do_atomic_op)
{
	return end((void *)ARG(0), ARG(1), 8, 0, direct);
}

/* rxe_mr_do_atomic_write(mr, iova, value): not in 6.1 */
ENTRY(dma_begin__rxe_atomic_write, rxe_mr_do_atomic_write)
{
	return begin((void *)ARG(0), ARG(1), 8, true, direct);
}

EXIT(dma_end__rxe_atomic_write, rxe_mr_do_atomic_write)
{
	return end((void *)ARG(0), ARG(1), 8, 0, direct);
}
