/* SPDX-License-Identifier: GPL-2.0 */
/* What the KVM hook reads of a virtual machine, its slots and its faults. include/linux/kvm_host.h, arch/x86/kvm/mmu/mmu_internal.h. */
#ifndef MIRRORSCOPE_BPF_DRIVERS_KVM_H
#define MIRRORSCOPE_BPF_DRIVERS_KVM_H

#include "bpf/drivers/promise.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kvm {
	struct mm_struct *mm;
	unsigned long mmu_invalidate_seq; /* READ(): it lies further in than a load of BPF reaches, 39 KiB in 6.12 */
};

struct kvm_vcpu {
	struct kvm *kvm;
};

struct kvm_memory_slot {
	u64 base_gfn;
	unsigned long npages, userspace_addr;
};

#pragma clang attribute pop

static __always_inline u64 hva_of(struct kvm_memory_slot *slot, u64 gfn, const bool direct)
{
	return GET(slot, userspace_addr) + ((gfn - GET(slot, base_gfn)) << 12);
}

#endif
