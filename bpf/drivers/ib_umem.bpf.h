/* SPDX-License-Identifier: GPL-2.0 */
/* What the RDMA hooks read of struct ib_umem and its ODP form. include/rdma/ib_umem.h, ib_umem_odp.h. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_IB_UMEM_H
#define MIRRORSCOPE_BPF_DRIVERS_IB_UMEM_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * The functions live in ib_uverbs.ko in 6.x and in ib_core.ko in 7.x; a probe goes by the function's name.
 * The umem is the identity of a registration in every event of these hooks: ib_umem_odp begins with its ib_umem.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ib_umem {
	struct mm_struct *owning_mm;
	unsigned long length;
	unsigned long address;
	u32 writable : 1;
	u32 is_odp : 1;
};

struct ib_umem_odp {
	struct ib_umem umem;
	struct mmu_interval_notifier notifier;
	unsigned int page_shift;
};

#pragma clang attribute pop

#endif
