/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What a record looks like in memory, in the ring and in the file: the header and the field types. C and C++. */
#ifndef MIRRORSCOPE_SCHEMA_RECORD_H
#define MIRRORSCOPE_SCHEMA_RECORD_H

#ifdef __cplusplus
namespace mirrorscope {
#endif

/* Field types of events.def. Little-endian, naturally aligned. */
typedef unsigned char ms_t_u8;
typedef unsigned short ms_t_u16;
typedef unsigned int ms_t_u32;
typedef unsigned long long ms_t_u64;
typedef int ms_t_i32;
typedef long long ms_t_i64;
typedef char ms_t_char;
typedef ms_t_u64 ms_t_addr; /* user virtual address */
typedef ms_t_u64 ms_t_ptr;  /* kernel address, an identity; hashed by the collector unless --raw-addresses */
typedef ms_t_u64 ms_t_pfn;  /* page frame number, an identity; hashed likewise */
typedef ms_t_i32 ms_t_err;  /* 0 or -errno */

/* Every enumerated field is 32 bits wide in a record. */
#define ENUM_BEGIN(name) typedef ms_t_u32 ms_t_##name;
#define VALUE(name, value, label, says)
#define ENUM_END(name)
#include "schema/enums.def"
#undef ENUM_BEGIN
#undef VALUE
#undef ENUM_END

#define ENUM_BEGIN(name) enum ms_##name {
#define VALUE(name, value, label, says) MS_##name##_##label = value,
#define ENUM_END(name) };
#include "schema/enums.def"
#undef ENUM_BEGIN
#undef VALUE
#undef ENUM_END

/* ev_header.cpu of what the recorder itself says: these records are in no CPU's sequence. */
enum { MS_ABOUT_CPU = 0xffff };

/*
 * In front of every record. (time, cpu) orders the records of one CPU exactly as seq does: both are taken in one
 * indivisible step (bpf/emit.bpf.h). Sequence numbers of a CPU are dense: a missing one is a lost record.
 */
struct ev_header {
	ms_t_u64 time; /* ns, CLOCK_MONOTONIC */
	ms_t_u16 id;   /* row of events.def */
	ms_t_u16 cpu;  /* CPU that produced the record */
	ms_t_u32 seq;  /* running number on that CPU, wraps */
	ms_t_ptr mm;   /* struct mm_struct the event is about, 0 if none */
	ms_t_u32 tid;  /* task that ran the code */
	ms_t_u32 tgid; /* its process */
};

#ifdef __cplusplus
static_assert(sizeof(ev_header) == 32 && alignof(ev_header) == 8);
}
#else
_Static_assert(sizeof(struct ev_header) == 32, "ev_header has a fixed layout");
#endif

#endif
