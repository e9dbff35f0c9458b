// SPDX-License-Identifier: GPL-2.0
/* When a pinned RDMA region is registered and released. drivers/infiniband/core/umem.c. */
#include "bpf/drivers/ib_umem.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/stacks.bpf.h"
#include "bpf/ucache/ucache.bpf.h"

static __always_inline int registered(struct ib_umem *umem, s32 stack)
{
	struct mm_struct *mm;

	if (ID(umem) >= ERR_PTR_MIN)
		return 0;
	mm = READ(umem, owning_mm);
	if (!wanted(mm))
		return 0;
	becomes_holder(mm);
	note_registration(ID(umem));
	call_site(stack, mm);
	return RECORD(reg, mm, .ctx = ID(umem), .sub = 0, .start = READ(umem, address),
		      .end = e->start + READ(umem, length), .driver = MS_driver_ib_umem,
		      .write = BPF_CORE_READ_BITFIELD_PROBED(umem, writable));
}

EXIT(reg__umem, __ib_umem_get_va)
{
	return registered((void *)RET(), caller_at_return(args, direct));
}

/* 6.x has one function instead of ib_umem_get_va() and its inner part. */
EXIT(reg__umem__or_get, ib_umem_get)
{
	return registered((void *)RET(), caller_at_return(args, direct));
}

/* What is accounted was added before the first pin, and stays until ib_umem_release() is nearly through. */
static __always_inline int accounted(struct ib_umem *umem)
{
	struct mm_struct *mm;

	if (ID(umem) >= ERR_PTR_MIN)
		return 0;
	mm = READ(umem, owning_mm);
	return EMIT(pin_account, mm, .ctx = ID(umem), .start = READ(umem, address),
		    .end = e->start + READ(umem, length), .pinned_vm = READ(mm, pinned_vm.counter),
		    .driver = MS_driver_ib_umem);
}

EXIT(pin_account__umem, __ib_umem_get_va)
{
	return accounted((void *)RET());
}

EXIT(pin_account__umem__or_get, ib_umem_get)
{
	return accounted((void *)RET());
}

/* __ib_umem_release(dev, umem, dirty): also the way back out of a registration that failed, which has no `reg` then. */
ENTRY(dereg__umem, __ib_umem_release)
{
	struct ib_umem *umem = (void *)ARG(1);
	struct mm_struct *mm = GET(umem, owning_mm);

	if (!wanted(mm))
		return 0;
	note_registration_end(ID(umem));
	return RECORD(dereg, mm, .ctx = ID(umem), .start = GET(umem, address), .end = e->start + GET(umem, length),
		      .driver = MS_driver_ib_umem,
		      .dirty = (u32)ARG(2) && BPF_CORE_READ_BITFIELD_PROBED(umem, writable));
}
