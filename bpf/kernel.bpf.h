/* SPDX-License-Identifier: GPL-2.0 */
/* Which kernel types the programs look at: only the fields they use, found by name in the kernel's BTF (CO-RE). */
#ifndef MIRRORSCOPE_BPF_KERNEL_H
#define MIRRORSCOPE_BPF_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;

enum { false, true };

#define __always_inline inline __attribute__((always_inline))

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	s64 counter;
} atomic64_t;

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right, *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start, last;
};

struct rw_semaphore {
	atomic_long_t count;
};

struct mmu_notifier_subscriptions {
	struct hlist_head list;
	bool has_itree;
	unsigned long invalidate_seq;
	unsigned long active_invalidate_ranges;
	struct rb_root_cached itree;
	struct hlist_head deferred_list;
};

/* The kernel keeps nearly all of it in an anonymous struct, which CO-RE looks through. */
struct mm_struct {
	atomic_t mm_count;
	atomic_t mm_users;
	struct rw_semaphore mmap_lock;
	atomic64_t pinned_vm;
	struct mmu_notifier_subscriptions *notifier_subscriptions;
};

/* Without assigned values in the kernel: what they stand for is asked by name (core_drift.bpf.h). */
enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP,
	MMU_NOTIFY_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA,
	MMU_NOTIFY_PROTECTION_PAGE,
	MMU_NOTIFY_SOFT_DIRTY,
	MMU_NOTIFY_RELEASE,
	MMU_NOTIFY_MIGRATE,
	MMU_NOTIFY_EXCLUSIVE,
};

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start, end;
	unsigned int flags;
	enum mmu_notifier_event event;
	void *owner;
};

struct mmu_interval_notifier;
struct mmu_interval_notifier_finish;

struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range,
			   unsigned long cur_seq);
	/* two-pass notifiers: not in 6.x */
	bool (*invalidate_start)(struct mmu_interval_notifier *sub, const struct mmu_notifier_range *range,
				 unsigned long cur_seq, struct mmu_interval_notifier_finish **finish);
	void (*invalidate_finish)(struct mmu_interval_notifier_finish *finish);
};

struct mmu_interval_notifier {
	struct interval_tree_node interval_tree;
	const struct mmu_interval_notifier_ops *ops;
	struct mm_struct *mm;
	unsigned long invalidate_seq;
};

struct mmu_interval_notifier_finish {
	struct mmu_interval_notifier *notifier;
};

struct mmu_notifier;

struct mmu_notifier_ops {
	void (*release)(struct mmu_notifier *sub, struct mm_struct *mm);
	int (*invalidate_range_start)(struct mmu_notifier *sub, const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *sub, const struct mmu_notifier_range *range);
	void (*free_notifier)(struct mmu_notifier *sub);
};

struct callback_head {
	struct callback_head *next;
};

struct mmu_notifier {
	struct hlist_node hlist;
	const struct mmu_notifier_ops *ops;
	struct mm_struct *mm;
	struct callback_head rcu;
	unsigned int users;
};

struct hmm_range {
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq;
	unsigned long start, end;
	unsigned long *hmm_pfns;
	unsigned long default_flags;
	void *dev_private_owner;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
};

struct page {
	unsigned long flags;
	unsigned long compound_head;
};

struct folio {
	unsigned long flags;
	atomic_t _refcount;
	atomic_t _pincount;
};

struct migrate_vma {
	struct vm_area_struct *vma;
	unsigned long *dst, *src;
	unsigned long cpages, npages;
	unsigned long start, end;
	void *pgmap_owner;
	unsigned long flags;
	struct page *fault_page;
};

struct cgroup;

struct kernfs_node {
	u64 id;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	struct mm_struct *mm;
	int pid, tgid;
	unsigned int flags;
	struct task_struct *real_parent;
	char comm[16];
	struct css_set *cgroups;
	struct signal_struct *signal;
};

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h; the same in 6.1, 6.12 and 7.x */
#define ERR_PTR_MIN ((u64)-4095)

#endif
