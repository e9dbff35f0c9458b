/* SPDX-License-Identifier: GPL-2.0 */
/* How a hook says what a mirroring object promises, that it is gone, and that it asks for pages. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_PROMISE_H
#define MIRRORSCOPE_BPF_DRIVERS_PROMISE_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

struct promise {
	u64 ctx, sub, owner;
	u32 discipline, driver, wide;
};

static __always_inline int promises(const struct promise *p, const void *mm)
{
	/* most hooks cannot see the owner: a driver gives it to each call anew */
	return EMIT(dev_ctx, mm, .ctx = p->ctx, .sub = p->sub, .owner = p->owner, .discipline = p->discipline,
		    .wide = p->wide, .mixed = 0, .flushes = 0, .driver = p->driver);
}

static __always_inline int is_gone(u64 ctx, u32 driver, const void *mm)
{
	return EMIT(dev_ctx_end, mm, .ctx = ctx, .driver = driver);
}

/* The pages of [start, end) are asked for, or it is known what came of it. */
struct request {
	u64 ctx, sub, start, end;
	u32 driver, write;
	s32 ret;
};

#define REQUEST_OF(r) .ctx = (r)->ctx, .sub = (r)->sub, .start = (r)->start, .end = (r)->end, .driver = (r)->driver

static __always_inline int asks(const struct request *r, const void *mm)
{
	return EMIT(dev_fault, mm, REQUEST_OF(r), .write = r->write);
}

static __always_inline int answered(const struct request *r, const void *mm)
{
	return EMIT(dev_fault_ret, mm, REQUEST_OF(r), .ret = r->ret);
}

static __always_inline int unmapped(const struct request *r, const void *mm)
{
	return r->start < r->end ? EMIT(dev_unmap, mm, REQUEST_OF(r)) : 0;
}

/* Where a hook sees neither the pages nor the sequence that they were checked against. */
static __always_inline int mapped(const struct request *r, u64 sub_seq, const void *mm)
{
	return EMIT(dev_map, mm, REQUEST_OF(r), .seq = 0, .sub_seq = sub_seq, .pfn = 0, .owner = 0,
		    .source = MS_page_source_unknown, .order = 0, .write = r->write, .cpu_dirty = 0);
}

#endif
