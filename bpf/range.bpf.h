/* SPDX-License-Identifier: GPL-2.0 */
/* What several records say of a struct mmu_notifier_range and of the counters in mm->notifier_subscriptions. */
#ifndef MIRRORSCOPE_BPF_RANGE_H
#define MIRRORSCOPE_BPF_RANGE_H

#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

#define RANGE_OF(r) .range = ID(r), .start = GET(r, start), .end = GET(r, end)
#define CAUSE_OF(r) .reason = reason_of(GET(r, event)), .flags = GET(r, flags)
#define OWNED_CAUSE_OF(r) CAUSE_OF(r), .owner = has_owner(e->reason) ? ID(GET(r, owner)) : 0
#define COUNTERS_OF(subs) .seq = GET(subs, invalidate_seq), .active = GET(subs, active_invalidate_ranges)

#endif
