/* SPDX-License-Identifier: GPL-2.0 */
/* Which driver function a notifier will call: ops of interval notifiers, one-pass and two-pass. */
#ifndef MIRRORSCOPE_BPF_OPS_H
#define MIRRORSCOPE_BPF_OPS_H

#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

/* The kernel prefers invalidate_start when both are there (mn_itree_invalidate(), mm/mmu_notifier.c). */
static __always_inline u64 first_pass(const struct mmu_interval_notifier_ops *ops, const bool direct)
{
	u64 fn = 0;

	if (HAS_TWO_PASS())
		fn = ID(GET(ops, invalidate_start));
	return fn ?: ID(GET(ops, invalidate));
}

static __always_inline u64 second_pass(const struct mmu_interval_notifier_ops *ops, const bool direct)
{
	return HAS_TWO_PASS() ? ID(GET(ops, invalidate_finish)) : 0;
}

#endif
