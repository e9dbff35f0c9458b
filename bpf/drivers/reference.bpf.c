// SPDX-License-Identifier: GPL-2.0
/*
 * What the reference driver says of itself. schema/reference_points.def.
 *
 * Its functions are called with the event as it will stand in the record, but for the header: that is our own ABI, so nothing is looked
 * up in the module's BTF, and the hook works where it has none.
 */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

#define POINT(event)                                                                                                   \
	ENTRY(event##__reference, mirrorscope_##event)                                                                 \
	{                                                                                                              \
		const struct ev_##event *said = (void *)ADDRESS(0);                                                    \
		struct ev_##event *e;                                                                                  \
		void *mm = 0;                                                                                          \
                                                                                                                       \
		bpf_probe_read_kernel(&mm, sizeof(mm), &said->h.mm);                                                   \
		if (!wanted(mm))                                                                                       \
			return 0;                                                                                      \
		e = RESERVE(event);                                                                                    \
		if (!e)                                                                                                \
			return 0;                                                                                      \
		if (bpf_probe_read_kernel(e, sizeof(*e), said))                                                        \
			e->driver = MS_driver_none;                                                                    \
		SUBMIT(event, e, mm);                                                                                  \
		return 0;                                                                                              \
	}
#include "schema/reference_points.def"
