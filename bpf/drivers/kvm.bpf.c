// SPDX-License-Identifier: GPL-2.0
/* When KVM maps a guest's memory into its stage-2 tables and takes it away. arch/x86/kvm/mmu/mmu.c, tdp_mmu.c, virt/kvm/kvm_main.c. */
#include "bpf/drivers/kvm.bpf.h"

/*
 * Discipline: unmap. An mmu_notifier, no interval notifier: every start unmaps what the slots have of the range, whatever it is for, and
 * flushes before mmu_lock is released (kvm_handle_hva_range()). No vCPU maps between a start and its end: is_page_fault_stale().
 *
 * Not seen: shadow paging (mmu_set_spte(); the TDP MMU is what hosts with EPT or NPT use since 5.15), a write bit that fast_page_fault() gives
 * back, pages that become part of a larger mapping when it is built in place. Their removal is seen. Pages of guest_memfd have no address.
 */

/* kvm_create_vm() is inlined; here kvm->mm is set, and nothing is mapped yet. */
EXIT_SELDOM(dev_ctx__kvm, kvm_arch_init_vm)
{
	struct kvm *kvm = (void *)ARG(0);
	struct promise p = {.ctx = ID(kvm), .discipline = MS_discipline_unmap, .driver = MS_driver_kvm, .wide = 1};

	return (s32)RET() ? 0 : promises(&p, GET(kvm, mm));
}

/* kvm_destroy_vm() calls it after mmu_notifier_unregister(), and the memory of struct kvm goes later. */
ENTRY_SELDOM(dev_ctx_end__kvm, kvm_arch_destroy_vm)
{
	struct kvm *kvm = (void *)ARG(0);

	return is_gone(ID(kvm), MS_driver_kvm, GET(kvm, mm));
}

/* One page of a slot, false if it is no slot's or no process's. */
static __always_inline bool page_of_fault(struct request *r, struct kvm *kvm, struct kvm_page_fault *fault,
					  const bool direct)
{
	struct kvm_memory_slot *slot = GET(fault, slot);

	if (!slot || kvm_fault_is_private(fault))
		return false;
	r->ctx = ID(kvm);
	r->driver = MS_driver_kvm;
	r->start = hva_of(slot, GET(fault, gfn), direct);
	r->end = r->start + 4096;
	return true;
}

static __always_inline int faults(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, const bool direct)
{
	struct kvm *kvm = GET(vcpu, kvm);
	struct request r = {.write = GET(fault, write)};

	return page_of_fault(&r, kvm, fault, direct) ? asks(&r, GET(kvm, mm)) : 0;
}

/* RET_PF_CONTINUE is 0; RET_PF_RETRY and what else is positive: the vCPU has got no page and comes again. */
static __always_inline int has_faulted(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, s32 ret, const bool direct)
{
	struct kvm *kvm = GET(vcpu, kvm);
	struct request r = {.ret = ret > 0 ? -11 /* EAGAIN */ : ret};

	return page_of_fault(&r, kvm, fault, direct) ? answered(&r, GET(kvm, mm)) : 0;
}

/* kvm_mmu_faultin_pfn(vcpu, fault, access): kvm_faultin_pfn() in 6.x */
ENTRY(dev_fault__kvm, kvm_mmu_faultin_pfn)
{
	return faults((void *)ARG(0), (void *)ARG(1), direct);
}

ENTRY(dev_fault__kvm__or_6, kvm_faultin_pfn)
{
	return faults((void *)ARG(0), (void *)ARG(1), direct);
}

EXIT(dev_fault_ret__kvm, kvm_mmu_faultin_pfn)
{
	return has_faulted((void *)ARG(0), (void *)ARG(1), (s32)RET(), direct);
}

EXIT(dev_fault_ret__kvm__or_6, kvm_faultin_pfn)
{
	return has_faulted((void *)ARG(0), (void *)ARG(1), (s32)RET(), direct);
}

/* is_page_fault_stale(vcpu, fault), under mmu_lock; in 6.1 the sequence is its third argument. */
EXIT(revalidate__kvm, is_page_fault_stale)
{
	struct kvm_vcpu *vcpu = (void *)ARG(0);
	struct kvm_page_fault *fault = (void *)ARG(1);
	struct kvm_memory_slot *slot = GET(fault, slot);
	struct kvm *kvm = GET(vcpu, kvm);

	if (!slot || kvm_fault_is_private(fault))
		return 0;
	return EMIT(revalidate, GET(kvm, mm), .ctx = ID(kvm), .sub = 0, .start = hva_of(slot, GET(fault, gfn), direct),
		    .end = e->start + 4096,
		    .seq = kvm_fault_seq(fault, bpf_core_field_exists(fault->mmu_seq) ? 0 : ADDRESS(2)),
		    .sub_seq = READ(kvm, mmu_invalidate_seq), .driver = MS_driver_kvm, .ok = !(RET() & 0xff));
}

enum {
	RET_PF_RETRY = 1, /* the same in 6.1, 6.12 and 7.x; all other results leave an SPTE that maps fault->pfn */
};

/* kvm_tdp_mmu_map(vcpu, fault), mmu_lock held for read: what unmaps holds it for write, so it comes before this or after. */
EXIT(dev_map__kvm, kvm_tdp_mmu_map)
{
	struct kvm_vcpu *vcpu = (void *)ARG(0);
	struct kvm_page_fault *fault = (void *)ARG(1);
	struct kvm_memory_slot *slot = GET(fault, slot);
	struct kvm *kvm = GET(vcpu, kvm);

	if ((s32)RET() == RET_PF_RETRY || (s32)RET() < 0 || !slot || kvm_fault_is_private(fault))
		return 0;
	/* PG_LEVEL_4K is 1 */
	return EMIT(dev_map, GET(kvm, mm), .order = (GET(fault, goal_level) - 1) * 9 & 63, .ctx = ID(kvm), .sub = 0,
		    .start = hva_of(slot, GET(fault, gfn) & (-1UL << e->order), direct),
		    .end = e->start + (4096UL << e->order), .seq = kvm_fault_seq(fault, 0),
		    .sub_seq = READ(kvm, mmu_invalidate_seq), .pfn = GET(fault, pfn) & (-1UL << e->order), .owner = 0,
		    .source = MS_page_source_unknown, .write = GET(fault, map_writable), .cpu_dirty = 0,
		    .driver = MS_driver_kvm);
}

static __always_inline int not_mapped(struct kvm *kvm, u64 start, u64 end, const bool direct)
{
	struct request r = {.ctx = ID(kvm), .start = start, .end = end, .driver = MS_driver_kvm};

	return unmapped(&r, GET(kvm, mm));
}

/*
 * kvm_unmap_gfn_range() says true if it has removed something and not flushed: its callers go on to other slots of the same range and then
 * call kvm_flush_remote_tlbs() with mmu_lock still held. The range is over only then. What lies between two slots is mapped by none.
 */
struct zapped {
	u64 kvm, start, end;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32); /* tid */
	__type(value, struct zapped);
} zapped_by SEC(".maps");

EXIT(dev_unmap__kvm_gfn, kvm_unmap_gfn_range)
{
	struct kvm *kvm = (void *)ARG(0);
	struct kvm_gfn_range *range = (void *)ARG(1);
	struct kvm_memory_slot *slot = GET(range, slot);
	u32 tid = bpf_get_current_pid_tgid();
	struct zapped zapped = {.kvm = ID(kvm)}, *earlier;

	if (kvm_only_private(range))
		return 0;
	zapped.start = hva_of(slot, GET(range, start), direct);
	zapped.end = hva_of(slot, GET(range, end), direct);
	if (!(RET() & 0xff))
		return not_mapped(kvm, zapped.start, zapped.end, direct);
	earlier = bpf_map_lookup_elem(&zapped_by, &tid);
	if (earlier && earlier->kvm == ID(kvm)) {
		if (earlier->start < zapped.start)
			zapped.start = earlier->start;
		if (earlier->end > zapped.end)
			zapped.end = earlier->end;
	}
	bpf_map_update_elem(&zapped_by, &tid, &zapped, BPF_ANY);
	return 0;
}

EXIT(dev_unmap__kvm_flush, kvm_flush_remote_tlbs)
{
	struct kvm *kvm = (void *)ARG(0);
	u32 tid = bpf_get_current_pid_tgid();
	struct zapped *found = bpf_map_lookup_elem(&zapped_by, &tid), zapped;

	if (!found)
		return 0;
	zapped = *found;
	bpf_map_delete_elem(&zapped_by, &tid);
	return zapped.kvm == ID(kvm) ? not_mapped(kvm, zapped.start, zapped.end, direct) : 0;
}

/* A slot goes or moves. When this returns all roots that could reach it are zapped and flushed. */
EXIT_SELDOM(dev_unmap__kvm_slot, kvm_arch_flush_shadow_memslot)
{
	struct kvm *kvm = (void *)ARG(0);
	struct kvm_memory_slot *slot = (void *)ARG(1);
	u64 start = GET(slot, userspace_addr);

	return not_mapped(kvm, start, start + (GET(slot, npages) << 12), direct);
}

/* kvm_mmu_notifier_release(): the mm dies, or the machine. */
EXIT_SELDOM(dev_unmap__kvm_all, kvm_arch_flush_shadow_all)
{
	return not_mapped((void *)ARG(0), 0, -1UL, direct);
}
