// SPDX-License-Identifier: GPL-2.0
/* The functions that a probe attaches to. They do nothing, and neither vanish nor move into their callers. */
#include <linux/compiler.h>

#include "points.h"

#define POINT(name)                                                                                                    \
	noinline __visible void mirrorscope_##name(const struct ev_##name *e)                                          \
	{                                                                                                              \
		asm volatile("" : : "r"(e) : "memory");                                                                \
	}
#include "schema/reference_points.def"
