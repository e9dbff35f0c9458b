/* SPDX-License-Identifier: GPL-2.0 */
/* Which records are wanted: a record about an mm passes if the mm is in the set, one about no mm always passes. */
#ifndef MIRRORSCOPE_BPF_FILTER_H
#define MIRRORSCOPE_BPF_FILTER_H

#include "bpf/state.bpf.h"

static __always_inline bool filtered(void)
{
	return SHARED(config).by_mm;
}

static __always_inline bool wanted(const void *mm)
{
	u64 key = (u64)mm;

	if (filtered() && key)
		return bpf_map_lookup_elem(&SHARED(wanted_mms), &key);
	return !key || key != SHARED(self_mm);
}

#endif
