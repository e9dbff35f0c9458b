/* SPDX-License-Identifier: GPL-2.0 */
/* Where the driver says what it does: SAY(event, object, fields...). */
#ifndef MIRRORSCOPE_KERNEL_POINTS_H
#define MIRRORSCOPE_KERNEL_POINTS_H

#include "schema/events.h"

#define POINT(name) void mirrorscope_##name(const struct ev_##name *e);
#include "schema/reference_points.def"
#undef POINT

/*
 * SAY(dev_unmap, o, .sub = SUB(o), .start = start, .end = end);
 *
 * Fields that are not named are 0. `o` is the mirroring object, the ctx of the record.
 */
#define SAY(name, o, ...)                                                                                              \
	do {                                                                                                           \
		const struct ev_##name say_ = {                                                                        \
			.h.mm = (unsigned long)(o)->device->mm,                                                        \
			.ctx = (unsigned long)(o),                                                                     \
			.driver = MS_driver_reference,                                                                 \
			__VA_ARGS__                                                                                    \
		};                                                                                                     \
		mirrorscope_##name(&say_);                                                                             \
	} while (0)

#define IDENTITY(pointer) ((unsigned long)(pointer))

#endif
