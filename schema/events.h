/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The structs and ids that events.def declares. C (BPF programs, the kernel module) and C++. */
#ifndef MIRRORSCOPE_SCHEMA_EVENTS_H
#define MIRRORSCOPE_SCHEMA_EVENTS_H

#include "schema/record.h"

#ifdef __cplusplus
namespace mirrorscope {
#endif

/* struct ev_<name> */
#define FIELD(type, name, says) ms_t_##type name;
#define ARRAY(type, n, name, says) ms_t_##type name[n];
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
	struct ev_##name {                     \
		struct ev_header h;            \
		__VA_ARGS__                    \
	};
#include "schema/events.def"
#undef FIELD
#undef ARRAY
#undef EVENT

/* EV_<name> */
enum ms_event_id {
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...) EV_##name = id,
#include "schema/events.def"
#undef EVENT
	EV_LIMIT = 256 /* every id is below */
};

/* A row with padding, or one that is no multiple of 8 bytes, does not compile. */
#ifdef __cplusplus
#define MS_ASSERT(what, why) static_assert(what, why)
#else
#define MS_ASSERT(what, why) _Static_assert(what, why)
#endif
#undef FIELD
#undef ARRAY
#define FIELD(type, name, says) +sizeof(ms_t_##type)
#define ARRAY(type, n, name, says) +(n) * sizeof(ms_t_##type)
#define EVENT(id, name, pair, kind, area, from, about, says, ...)                                                     \
	MS_ASSERT(sizeof(struct ev_##name) == sizeof(struct ev_header) __VA_ARGS__, #name " has padding"); \
	MS_ASSERT(sizeof(struct ev_##name) % 8 == 0, #name " is no multiple of 8 bytes");          \
	MS_ASSERT(EV_##name > 0 && EV_##name < EV_LIMIT, #name " has an id out of range");
#include "schema/events.def"
#undef FIELD
#undef ARRAY
#undef EVENT

#ifdef __cplusplus
}
#endif

#endif
