/* SPDX-License-Identifier: GPL-2.0 */
/* How `.field = value, ...` becomes one store each, and how many fields a row of events.def wants to be given. */
#ifndef MIRRORSCOPE_BPF_FIELDS_H
#define MIRRORSCOPE_BPF_FIELDS_H

#include "schema/events.h"

/*
 * Not *e = (struct ev_x){...}: that is built on the stack and copied, values and zeroes of the header and all, for every record. `(*e) .start = 1`
 * is a store in the ring's memory.
 */
#define MS_STORE(field) (*e) field;

#define MS_EACH_1(f, x) f(x)
#define MS_EACH_2(f, x, ...) f(x) MS_EACH_1(f, __VA_ARGS__)
#define MS_EACH_3(f, x, ...) f(x) MS_EACH_2(f, __VA_ARGS__)
#define MS_EACH_4(f, x, ...) f(x) MS_EACH_3(f, __VA_ARGS__)
#define MS_EACH_5(f, x, ...) f(x) MS_EACH_4(f, __VA_ARGS__)
#define MS_EACH_6(f, x, ...) f(x) MS_EACH_5(f, __VA_ARGS__)
#define MS_EACH_7(f, x, ...) f(x) MS_EACH_6(f, __VA_ARGS__)
#define MS_EACH_8(f, x, ...) f(x) MS_EACH_7(f, __VA_ARGS__)
#define MS_EACH_9(f, x, ...) f(x) MS_EACH_8(f, __VA_ARGS__)
#define MS_EACH_10(f, x, ...) f(x) MS_EACH_9(f, __VA_ARGS__)
#define MS_EACH_11(f, x, ...) f(x) MS_EACH_10(f, __VA_ARGS__)
#define MS_EACH_12(f, x, ...) f(x) MS_EACH_11(f, __VA_ARGS__)
#define MS_EACH_13(f, x, ...) f(x) MS_EACH_12(f, __VA_ARGS__)
#define MS_EACH_14(f, x, ...) f(x) MS_EACH_13(f, __VA_ARGS__)
#define MS_EACH_15(f, x, ...) f(x) MS_EACH_14(f, __VA_ARGS__)
#define MS_EACH_16(f, x, ...) f(x) MS_EACH_15(f, __VA_ARGS__)

#define MS_17TH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, x, ...) x
#define MS_COUNT(...) MS_17TH(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, )
#define MS_JOIN(a, b) a##b
#define MS_EACH_OF(n, f, ...) MS_JOIN(MS_EACH_, n)(f, __VA_ARGS__)
#define MS_EACH(f, ...) MS_EACH_OF(MS_COUNT(__VA_ARGS__), f, __VA_ARGS__)

/* 1 for pad0, 0 for every other name. */
#define MS_IS_PAD(name) MS_SECOND(MS_IS_PAD_##name, 0, )
#define MS_IS_PAD_pad0 , 1
#define MS_SECOND(...) MS_SECOND_(__VA_ARGS__)
#define MS_SECOND_(a, b, ...) b

/* MS_ROW_<name>: the fields of a row, and MS_PADDED if it ends with pad0. */
enum {
	MS_PADDED = 0x100,
#define FIELD(type, name, says) +(MS_IS_PAD(name) ? MS_PADDED : 1)
#define ARRAY(type, n, name, says) +1
#define EVENT(id, name, pair, kind, area, from, about, says, ...) MS_ROW_##name = 0 __VA_ARGS__,
#include "schema/events.def"
#undef FIELD
#undef ARRAY
#undef EVENT
};

#endif
