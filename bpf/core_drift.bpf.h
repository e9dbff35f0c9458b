/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between kernels, and since when: every such difference is named here and nowhere else. */
#ifndef MIRRORSCOPE_BPF_CORE_DRIFT_H
#define MIRRORSCOPE_BPF_CORE_DRIFT_H

#include "bpf/kernel.bpf.h"
#include "schema/events.h"

/*
 * Differences that need no code, because fields are found by name and arguments by index:
 *   struct mmu_notifier_range began with `vma` until 6.3 (7d4a8be0c4b2).
 *   __mmu_notifier_invalidate_range_end() had a second argument `only_end` until 6.6 (ec8832d007cb).
 *   pin_user_pages*() had an argument `vmas` before `locked` until 6.5 (4c630f307455, 0b295316b3a9); it came after
 * those read here. HMM_PFN_ORDER_SHIFT is 56 in 6.x and 53 in 7.x; VALID, WRITE and ERROR are bits 63, 62 and 61 in
 * all. MIGRATE_PFN_VALID, _MIGRATE and _SHIFT are macros without BTF, the same in 6.1, 6.12 and 7.x.
 */

enum {
	MS_HMM_PFN_VALID_BIT = 63,
	MS_HMM_PFN_WRITE_BIT = 62,
	MS_HMM_PFN_ERROR_BIT = 61,
};

/*
 * hmm_range_fault_locked() (7.3) says -EBUSY for two things: the range was invalidated, or the fault handler let go of the mmap lock, which
 * `locked` then says. The second is no collision; the kernel calls it HMM_FAULT_UNLOCKED, which is -ENOLCK, where it is found.
 */
static __always_inline s32 hmm_result(s32 ret, u64 locked)
{
	u8 held = 1;

	if (ret == -16 && locked && bpf_probe_read_kernel(&held, sizeof(held), (void *)locked))
		held = 1;
	return held ? ret : -37;
}

#define MS_MIGRATE_PFN_VALID 1UL
#define MS_MIGRATE_PFN_MIGRATE 2UL
#define MS_MIGRATE_PFN_SHIFT 6

/* enum mmu_notifier_event has no assigned values, so they may move. MMU_NOTIFY_EXCLUSIVE came with 5.14 (b756a3b5e7ea).
 */
#define IS_REASON(event, name)                                                                                         \
	(bpf_core_enum_value_exists(enum mmu_notifier_event, name) &&                                                  \
	 (event) == bpf_core_enum_value(enum mmu_notifier_event, name))

static __always_inline u32 reason_of(u32 event)
{
	if (IS_REASON(event, MMU_NOTIFY_CLEAR))
		return MS_reason_clear;
	if (IS_REASON(event, MMU_NOTIFY_UNMAP))
		return MS_reason_unmap;
	if (IS_REASON(event, MMU_NOTIFY_PROTECTION_VMA))
		return MS_reason_protection_vma;
	if (IS_REASON(event, MMU_NOTIFY_PROTECTION_PAGE))
		return MS_reason_protection_page;
	if (IS_REASON(event, MMU_NOTIFY_SOFT_DIRTY))
		return MS_reason_soft_dirty;
	if (IS_REASON(event, MMU_NOTIFY_RELEASE))
		return MS_reason_release;
	if (IS_REASON(event, MMU_NOTIFY_MIGRATE))
		return MS_reason_migrate;
	if (IS_REASON(event, MMU_NOTIFY_EXCLUSIVE))
		return MS_reason_exclusive;
	return event | 0x80000000; /* a reason that enums.def does not know yet */
}

/* range->owner is stack garbage unless mmu_notifier_range_init_owner() was used: only these two do
 * (mmu_notifier.h, 7.2). */
static __always_inline bool has_owner(u32 reason)
{
	return reason == MS_reason_migrate || reason == MS_reason_exclusive;
}

/* Two-pass interval notifiers came with 7.0: invalidate_start and invalidate_finish beside invalidate. */
#define HAS_TWO_PASS() bpf_core_field_exists(struct mmu_interval_notifier_ops, invalidate_start)

/*
 * access_mask of ib_umem_odp_map_dma_and_lock(): HMM_PFN_WRITE since it is given to hmm_range_fault() as it is
 * (eedd5b1276e7, 6.16), before that ODP_WRITE_ALLOWED_BIT, which is bit 1. Neither bit means anything in the other
 * encoding.
 */
static __always_inline u32 odp_asks_write(u64 access_mask)
{
	return (access_mask >> MS_HMM_PFN_WRITE_BIT | access_mask >> 1) & 1;
}

/*
 * preempt_count() is a per-CPU variable of its own in 6.1 and again in 7.x, a member of pcpu_hot in 6.12
 * (64701838bf05, 6.2). Its bits: include/linux/preempt.h. Since 7.3 those of hard interrupts and of the NMI are eight higher: between them and
 * the soft interrupts stands how often interrupts were disabled (include/linux/interrupt_rc.h), which is no interrupt. No type or member
 * says so, but the variable that came with it.
 */
struct pcpu_hot {
	int preempt_count;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;
extern const unsigned long local_interrupt_disable_state __ksym __weak;

/* 0 in a task, 1 to 3 in an interrupt: serving a soft interrupt, hard interrupt, NMI. */
static __always_inline u32 interrupt_level(void)
{
	u32 count = 0, hard;

	if (&__preempt_count)
		count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	else if (&pcpu_hot)
		count = ((const struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	hard = count >> (&local_interrupt_disable_state ? 24 : 16);
	return hard & 0xf0 ? 3 : hard & 0xf ? 2 : count & 0x100 ? 1 : 0;
}

/* The mm of the task that does this; 0 in a kernel thread, and in an interrupt, which the task knows nothing about. */
static __always_inline struct mm_struct *task_mm(void)
{
	struct task_struct *task;

	if (interrupt_level())
		return 0;
	task = bpf_get_current_task_btf();
	return task->mm;
}

/* folio->flags became a struct of its own in 6.18 (53fbef56e07d, memdesc_flags_t). */
typedef struct {
	unsigned long f;
} memdesc_flags_t;

struct folio___memdesc {
	memdesc_flags_t flags;
} __attribute__((preserve_access_index));

static __always_inline u64 folio_flags(struct folio *folio)
{
	struct folio___memdesc *newer = (void *)folio;
	unsigned long flags = 0;

	if (bpf_core_field_exists(newer->flags.f))
		bpf_core_read(&flags, sizeof(flags), &newer->flags.f);
	else
		bpf_core_read(&flags, sizeof(flags), &folio->flags);
	return flags;
}

/* The bits of page->flags move with the configuration and the version: PG_head is 16 in 6.1 and 6 in 6.12. */
enum pageflags {
	PG_locked,
	PG_lru,
	PG_head,
};

#define PAGE_FLAG(name) (1UL << bpf_core_enum_value(enum pageflags, name))

/*
 * A tail page names its head in page->compound_head (bit 0 set). In 7.x the field is compound_info, and with
 * CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP it holds a mask instead of a pointer (_compound_head(),
 * include/linux/page-flags.h). A mask has its upper 40 bits set, which no pointer into the page array has.
 */
struct page___compound_info {
	unsigned long compound_info;
} __attribute__((preserve_access_index));

static __always_inline u64 head_of(u64 page)
{
	struct page___compound_info *newer = (void *)page;
	struct page *older = (void *)page;
	unsigned long info = 0;

	if (bpf_core_field_exists(newer->compound_info)) {
		if (bpf_core_read(&info, sizeof(info), &newer->compound_info))
			return 0;
		if (info & 1)
			return info >> 40 == 0xffffff ? page & info : info - 1;
	} else {
		if (bpf_core_read(&info, sizeof(info), &older->compound_head))
			return 0;
		if (info & 1)
			return info - 1;
	}
	return page;
}

/*
 * The driver of ZONE_DEVICE memory is named in struct page in 6.12, in struct folio in 7.2. The words of other pages there are of
 * something else, and the bits of page->flags that hold the zone are not in BTF: who reads this must not believe it (pages.bpf.h).
 */
struct range {
	u64 start, end;
} __attribute__((preserve_access_index));

enum memory_type {
	MEMORY_DEVICE_PRIVATE = 1,
	MEMORY_DEVICE_PCI_P2PDMA = 5,
};

struct dev_pagemap {
	enum memory_type type;
	int nr_range;
	struct range range;
} __attribute__((preserve_access_index));

struct page___pgmap {
	struct dev_pagemap *pgmap;
} __attribute__((preserve_access_index));

struct folio___pgmap {
	struct dev_pagemap *pgmap;
} __attribute__((preserve_access_index));

static __always_inline struct dev_pagemap *pgmap_of(u64 head)
{
	struct folio___pgmap *newer = (void *)head;
	struct page___pgmap *older = (void *)head;
	struct dev_pagemap *pgmap = 0;

	if (bpf_core_field_exists(newer->pgmap))
		bpf_core_read(&pgmap, sizeof(pgmap), &newer->pgmap);
	else if (bpf_core_field_exists(older->pgmap))
		bpf_core_read(&pgmap, sizeof(pgmap), &older->pgmap);
	return pgmap;
}

#define HAS_P2PDMA() bpf_core_enum_value_exists(enum memory_type, MEMORY_DEVICE_PCI_P2PDMA)

/*
 * A fault of KVM. Guest memory that no process maps (guest_memfd): is_private and the filter are not in 6.1. mmu_seq is not in 6.1 either,
 * where is_page_fault_stale() gets it as an argument.
 */
struct kvm_memory_slot;

struct kvm_page_fault {
	u8 goal_level;
	bool write, map_writable, is_private;
	u64 gfn, pfn;
	struct kvm_memory_slot *slot;
	unsigned long mmu_seq;
} __attribute__((preserve_access_index));

static __always_inline bool kvm_fault_is_private(struct kvm_page_fault *fault)
{
	bool is_private = false;

	if (bpf_core_field_exists(fault->is_private))
		bpf_core_read(&is_private, sizeof(is_private), &fault->is_private);
	return is_private;
}

static __always_inline u64 kvm_fault_seq(struct kvm_page_fault *fault, u64 otherwise)
{
	unsigned long seq = otherwise;

	if (bpf_core_field_exists(fault->mmu_seq))
		bpf_core_read(&seq, sizeof(seq), &fault->mmu_seq);
	return seq;
}

struct kvm_gfn_range {
	struct kvm_memory_slot *slot;
	u64 start, end;
	u32 attr_filter; /* KVM_FILTER_SHARED is bit 0 */
} __attribute__((preserve_access_index));

static __always_inline bool kvm_only_private(struct kvm_gfn_range *range)
{
	u32 filter = 1;

	if (bpf_core_field_exists(range->attr_filter))
		bpf_core_read(&filter, sizeof(filter), &range->attr_filter);
	return !(filter & 1);
}

/*
 * A fixed buffer of io_uring: 6.1 has ubuf_end instead of len; several rings may share one in 6.12 and later (refs). Rows of the
 * table are nodes in 7.x, and io_sqe_buffer_register() returns one; in 6.x it fills in a pointer that its third argument points to.
 */
struct io_mapped_ubuf {
	u64 ubuf, ubuf_end;
	unsigned long len;
	atomic_t refs; /* refcount_t, which is an atomic_t */
} __attribute__((preserve_access_index));

struct io_mapped_ubuf___short {
	unsigned int len; /* in 6.12 */
} __attribute__((preserve_access_index));

struct io_rsrc_node {
	u8 type;
	struct io_mapped_ubuf *buf;
} __attribute__((preserve_access_index));

static __always_inline u64 ubuf_end_of(struct io_mapped_ubuf *imu)
{
	struct io_mapped_ubuf___short *shorter = (void *)imu;
	u64 start = 0, end = 0;
	u32 length = 0;

	if (bpf_core_field_exists(imu->ubuf_end)) {
		bpf_core_read(&end, sizeof(end), &imu->ubuf_end);
		return end;
	}
	bpf_core_read(&start, sizeof(start), &imu->ubuf);
	if (bpf_core_field_size(imu->len) == 8) {
		bpf_core_read(&end, sizeof(end), &imu->len);
		return start + end;
	}
	bpf_core_read(&length, sizeof(length), &shorter->len);
	return start + length;
}

static __always_inline s32 ubuf_users(struct io_mapped_ubuf *imu)
{
	s32 users = 1;

	if (bpf_core_field_exists(imu->refs))
		bpf_core_read(&users, sizeof(users), &imu->refs);
	return users;
}

/* amdgpu_amdkfd_evict_userptr(mni, cur_seq, mem) is (mem, mm) in 6.1, where a kgd_mem has a resv_list. */
struct kgd_mem___older {
	int resv_list;
} __attribute__((preserve_access_index));

static __always_inline u64 kfd_evicted_mem(u64 first, u64 third)
{
	struct kgd_mem___older *older = 0;

	return bpf_core_field_exists(older->resv_list) ? first : third;
}

/*
 * mprotect_fixup() got `vmi` as its first argument in 6.3 (2286a6914c77), and the bits of FOLL_* were renumbered in the same release
 * (2c2241081f7d). Neither is in BTF; struct mmu_notifier_range lost its `vma` in it, too.
 */
struct mmu_notifier_range___before_6_3 {
	struct vm_area_struct *vma;
} __attribute__((preserve_access_index));

#define BEFORE_6_3() bpf_core_field_exists(struct mmu_notifier_range___before_6_3, vma)
#define MS_FOLL_LONGTERM() (BEFORE_6_3() ? 0x10000 : 0x100)

/* move_page_tables() takes a struct since 6.17 (3215eaceca87), and moves its fields on as it goes. */
struct pagetable_move_control {
	unsigned long old_addr, new_addr, len_in;
} __attribute__((preserve_access_index));

struct moved {
	u64 from, to, length;
};

#define HAS_MOVE_CONTROL() bpf_core_type_exists(struct pagetable_move_control)

static __always_inline struct moved moved_by(struct pagetable_move_control *pmc)
{
	struct moved m = {};

	bpf_core_read(&m.from, sizeof(m.from), &pmc->old_addr);
	bpf_core_read(&m.to, sizeof(m.to), &pmc->new_addr);
	bpf_core_read(&m.length, sizeof(m.length), &pmc->len_in);
	return m;
}

/* struct vma_munmap_struct came with 6.12 (a08c7193e4f1), struct madvise_behavior as it is read here with 6.17. */
struct vma_munmap_struct {
	unsigned long start, end;
} __attribute__((preserve_access_index));

struct madvise_behavior {
	struct mm_struct *mm;
	int behavior;
} __attribute__((preserve_access_index));

#define MS_VM_READ 1UL
#define MS_VM_WRITE 2UL

/* MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTNEED_LOCKED: include/uapi/asm-generic/mman-common.h */
static __always_inline bool gives_pages_up(u32 advice)
{
	return advice == 4 || advice == 8 || advice == 9 || advice == 24;
}

/* GUP_PIN_COUNTING_BIAS: a pin of a folio of one page is so many references; larger folios have a count of their own.
 */
#define MS_PIN_BIAS 1024

#endif
