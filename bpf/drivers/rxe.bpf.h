/* SPDX-License-Identifier: GPL-2.0 */
/* What the Soft-RoCE hooks read of struct rxe_mr. drivers/infiniband/sw/rxe/rxe_verbs.h. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_RXE_H
#define MIRRORSCOPE_BPF_DRIVERS_RXE_H

#include "bpf/drivers/ib_umem.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ib_mr {
	u64 iova;
};

struct rxe_mr {
	struct ib_mr ibmr;
	struct ib_umem *umem;
};

#pragma clang attribute pop

#endif
