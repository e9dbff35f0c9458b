/* SPDX-License-Identifier: GPL-2.0 */
/* What a hook of your own driver includes, and nothing else: `record --hook my_driver.bpf.c` (docs/tutorial-driver.md). */
#ifndef MIRRORSCOPE_BPF_HOOK_H
#define MIRRORSCOPE_BPF_HOOK_H

/*
 *	#include "bpf/hook.bpf.h"
 *
 *	EXIT(dev_map__mine, my_driver_write_table)	event__name, function of the driver
 *	{
 *		struct my_device *d = (void *)ARG(0);	RET() is what it returned, ENTRY has none
 *
 *		return EMIT(dev_map, GET(d, mm), .ctx = ID(d), ..., .driver = MS_driver_hook);
 *	}
 *
 * Events and their fields: `mirrorscope events --fields`; every field has to be given. drivers/promise.bpf.h has the usual ones in short.
 *
 * Two compilers may be asked. clang, where the driver's module has BTF: its structs are declared with the fields that are used, and found by
 * name. BCC, where it has none: then MIRRORSCOPE_BCC is defined, the kernel's headers are there, and the driver's own are included from beside
 * the hook. So the structs of a hook that does both stand in one #ifdef:
 *
 *	#ifdef MIRRORSCOPE_BCC
 *	#include "my_driver.h"
 *	#else
 *	MS_FIELDS_BY_NAME_BEGIN
 *	struct my_device {
 *		struct mm_struct *mm;
 *	};
 *	MS_FIELDS_BY_NAME_END
 *	#endif
 *
 * For BCC, ENTRY and EXIT begin their line: it takes the functions' names from there.
 */
#define MS_FIELDS_BY_NAME_BEGIN _Pragma("clang attribute push(__attribute__((preserve_access_index)), apply_to = record)")
#define MS_FIELDS_BY_NAME_END _Pragma("clang attribute pop")

#include "bpf/drivers/promise.bpf.h"

#endif
