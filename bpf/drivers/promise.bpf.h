/* SPDX-License-Identifier: GPL-2.0 */
/* How a hook says what a mirroring object promises, that it is gone, and that it asks for pages. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_PROMISE_H
#define MIRRORSCOPE_BPF_DRIVERS_PROMISE_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

struct promise {
	u64 ctx, sub;
	u32 discipline, driver, wide;
};

static __always_inline int promises(const struct promise *p, const void *mm)
{
	struct ev_dev_ctx *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_ctx);
	if (!e)
		return 0;
	e->ctx = p->ctx;
	e->sub = p->sub;
	e->owner = 0; /* no hook sees it: a driver gives it to each call anew */
	e->discipline = p->discipline;
	e->wide = p->wide;
	e->mixed = 0;
	e->flushes = 0;
	e->driver = p->driver;
	e->pad0 = 0;
	SUBMIT(dev_ctx, e, mm);
	return 0;
}

static __always_inline int is_gone(u64 ctx, u32 driver, const void *mm)
{
	struct ev_dev_ctx_end *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_ctx_end);
	if (!e)
		return 0;
	e->ctx = ctx;
	e->driver = driver;
	e->pad0 = 0;
	SUBMIT(dev_ctx_end, e, mm);
	return 0;
}

/* The pages of [start, end) are asked for, or it is known what came of it. */
struct request {
	u64 ctx, sub, start, end;
	u32 driver, write;
	s32 ret;
};

static __always_inline int asks(const struct request *r, const void *mm)
{
	struct ev_dev_fault *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_fault);
	if (!e)
		return 0;
	e->ctx = r->ctx;
	e->sub = r->sub;
	e->start = r->start;
	e->end = r->end;
	e->driver = r->driver;
	e->write = r->write;
	SUBMIT(dev_fault, e, mm);
	return 0;
}

static __always_inline int answered(const struct request *r, const void *mm)
{
	struct ev_dev_fault_ret *e;

	if (!wanted(mm))
		return 0;
	e = RESERVE(dev_fault_ret);
	if (!e)
		return 0;
	e->ctx = r->ctx;
	e->sub = r->sub;
	e->start = r->start;
	e->end = r->end;
	e->driver = r->driver;
	e->ret = r->ret;
	SUBMIT(dev_fault_ret, e, mm);
	return 0;
}

static __always_inline int unmapped(const struct request *r, const void *mm)
{
	struct ev_dev_unmap *e;

	if (r->start >= r->end || !wanted(mm))
		return 0;
	e = RESERVE(dev_unmap);
	if (!e)
		return 0;
	e->ctx = r->ctx;
	e->sub = r->sub;
	e->start = r->start;
	e->end = r->end;
	e->driver = r->driver;
	e->pad0 = 0;
	SUBMIT(dev_unmap, e, mm);
	return 0;
}

#endif
