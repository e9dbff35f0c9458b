/* SPDX-License-Identifier: GPL-2.0 */
/* Which mm a migration is about. */
#ifndef MIRRORSCOPE_BPF_MIGRATE_H
#define MIRRORSCOPE_BPF_MIGRATE_H

#include "bpf/probe.bpf.h"

#define MM_OF(migrate)                                                                                                 \
	({                                                                                                             \
		struct vm_area_struct *_vma = GET(migrate, vma);                                                       \
		GET(_vma, vm_mm);                                                                                      \
	})

#endif
