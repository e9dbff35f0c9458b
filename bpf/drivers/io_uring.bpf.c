// SPDX-License-Identifier: GPL-2.0
/* When a fixed buffer of io_uring is registered and released. io_uring/rsrc.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/core_drift.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * Discipline: pin (FOLL_LONGTERM | FOLL_WRITE, io_pin_pages()); no notifier. The buffer is the identity of a registration; several rings may
 * share one (IORING_REGISTER_CLONE_BUFFERS), it ends with the last. Buffers of the kernel (ublk) have no address and no records. Not seen:
 * the transfers, which end in interrupts of whatever device the file lies on.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_ring_ctx {
	struct mm_struct *mm_account;
};

#pragma clang attribute pop

#define IORING_RSRC_BUFFER 1 /* io_uring/rsrc.h */

/* io_sqe_buffer_register(ctx, iov) in 7.x, (ctx, iov, pimu, last_hpage) in 6.x. No iov_base: a hole in the table, whose end is its start. */
EXIT(reg__io_uring, io_sqe_buffer_register)
{
	struct io_ring_ctx *ctx = (void *)ARG(0);
	struct mm_struct *mm = GET(ctx, mm_account);
	struct io_rsrc_node *node = (void *)RET();
	struct io_mapped_ubuf *imu = 0;
	u64 start, end;

	if (!wanted(mm))
		return 0;
	if (bpf_core_field_exists(node->buf)) {
		if (!node || ID(node) >= ERR_PTR_MIN)
			return 0;
		imu = READ(node, buf);
	} else {
		if ((s32)RET())
			return 0;
		bpf_probe_read_kernel(&imu, sizeof(imu), (void *)ADDRESS(2));
	}
	start = READ(imu, ubuf);
	end = ubuf_end_of(imu);
	if (end <= start)
		return 0;
	return RECORD(reg, mm, .ctx = ID(imu), .sub = 0, .start = start, .end = end, .driver = MS_driver_io_uring,
		      .write = 1);
}

static __always_inline int released(struct mm_struct *mm, struct io_mapped_ubuf *imu)
{
	u64 start, end;

	if (!imu || !wanted(mm) || ubuf_users(imu) > 1)
		return 0;
	start = READ(imu, ubuf);
	end = ubuf_end_of(imu);
	if (end <= start)
		return 0;
	return RECORD(dereg, mm, .ctx = ID(imu), .start = start, .end = end, .driver = MS_driver_io_uring, .dirty = 0);
}

ENTRY(dereg__io_uring, io_free_rsrc_node)
{
	struct io_ring_ctx *ctx = (void *)ARG(0);
	struct io_rsrc_node *node = (void *)ARG(1);

	return READ(node, type) == IORING_RSRC_BUFFER ? released(GET(ctx, mm_account), READ(node, buf)) : 0;
}

/* io_buffer_unmap(ctx, slot): 6.x */
ENTRY(dereg__io_uring__or_6, io_buffer_unmap)
{
	struct io_ring_ctx *ctx = (void *)ARG(0);
	struct io_mapped_ubuf *imu = 0;

	bpf_probe_read_kernel(&imu, sizeof(imu), (void *)ADDRESS(1));
	return released(GET(ctx, mm_account), imu);
}
