// SPDX-License-Identifier: GPL-2.0
/* When the adapter's table of an on-demand region is filled in and emptied. drivers/infiniband/hw/mlx5/odp.c, umr.c. */
#include "bpf/drivers/ib_umem.bpf.h"
#include "bpf/drivers/promise.bpf.h"

/*
 * Discipline: unmap, as ib_umem_odp.bpf.c says of the same object: registration, lookup and the pages' unmapping are there. Here is what
 * the adapter knows: entries are written and zapped under umem_mutex. Not seen: regions of regions (implicit MRs, MLX5_IB_UPD_XLT_INDIRECT)
 * and snapshots, whose entries may be empty; the adapter's accesses.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mlx5_ib_mr {
	struct ib_umem *umem;
};

#pragma clang attribute pop

/* mlx5_ib.h: the same in 6.1, 6.12 and 7.x */
#define MLX5_IB_UPD_XLT_ZAP 1
#define MLX5_IB_UPD_XLT_INDIRECT 64
#define MLX5_PF_FLAGS_SNAPSHOT 4 /* odp.c */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);   /* tid that is inside pagefault_real_mr() */
	__type(value, u32); /* its flags */
} faulting SEC(".maps");

static __always_inline struct request of(struct ib_umem_odp *odp, u64 start, u64 length)
{
	return (struct request){
	    .ctx = ID(odp), .sub = ID(&odp->notifier), .start = start, .end = start + length, .driver = MS_driver_mlx5};
}

/* pagefault_real_mr(mr, odp, user_va, bcnt, bytes_mapped, flags) */
ENTRY(dev_fault__mlx5, pagefault_real_mr)
{
	struct ib_umem_odp *odp = (void *)ARG(1);
	struct request r = of(odp, ARG(2), ARG(3));
	u32 tid = bpf_get_current_pid_tgid(), flags = ARG(5);

	bpf_map_update_elem(&faulting, &tid, &flags, BPF_ANY);
	return asks(&r, GET(odp, umem.owning_mm));
}

EXIT(dev_fault_ret__mlx5, pagefault_real_mr)
{
	struct ib_umem_odp *odp = (void *)ARG(1);
	struct request r = of(odp, ARG(2), ARG(3));
	u32 tid = bpf_get_current_pid_tgid();
	s32 ret = (s32)RET();

	bpf_map_delete_elem(&faulting, &tid);
	r.ret = ret < 0 ? ret : 0;
	return answered(&r, GET(odp, umem.owning_mm));
}

/*
 * mlx5r_umr_update_xlt(mr, idx, npages, page_shift, flags) returns when the adapter has done it: the region whose entries these are, 0 if it
 * failed or they are no region's.
 */
static __always_inline struct ib_umem_odp *updated(const u64 *args, const bool direct, struct request *r)
{
	struct mlx5_ib_mr *mr = (void *)ARG(0);
	struct ib_umem_odp *odp = (void *)READ(mr, umem);

	if ((s32)RET() || !odp || ARG(4) & MLX5_IB_UPD_XLT_INDIRECT ||
	    !BPF_CORE_READ_BITFIELD_PROBED(&odp->umem, is_odp))
		return 0;
	*r = of(odp, READ(odp, notifier.interval_tree.start) + (ARG(1) << (ARG(3) & 63)),
		(u64)(u32)ARG(2) << (ARG(3) & 63));
	return odp;
}

EXIT(dev_map__mlx5, mlx5r_umr_update_xlt)
{
	u32 tid = bpf_get_current_pid_tgid(), *fault = bpf_map_lookup_elem(&faulting, &tid);
	struct ib_umem_odp *odp;
	struct request r;

	if (ARG(4) & MLX5_IB_UPD_XLT_ZAP || !fault || *fault & MLX5_PF_FLAGS_SNAPSHOT)
		return 0;
	odp = updated(args, direct, &r);
	if (!odp)
		return 0;
	r.write = BPF_CORE_READ_BITFIELD_PROBED(&odp->umem, writable);
	return mapped(&r, READ(odp, notifier.invalidate_seq), READ(odp, umem.owning_mm));
}

EXIT(dev_unmap__mlx5, mlx5r_umr_update_xlt)
{
	struct ib_umem_odp *odp;
	struct request r;

	if (!(ARG(4) & MLX5_IB_UPD_XLT_ZAP))
		return 0;
	odp = updated(args, direct, &r);
	return odp ? unmapped(&r, READ(odp, umem.owning_mm)) : 0;
}
