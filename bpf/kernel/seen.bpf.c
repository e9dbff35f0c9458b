// SPDX-License-Identifier: GPL-2.0
/* What existed before recording began: one walk over all tasks finds wanted processes, subs, mmu_notifiers. */
#include "bpf/core_drift.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/ops.bpf.h"
#include "bpf/pages.bpf.h"
#include "bpf/probe.bpf.h"

/*
 * The collector runs this iterator several times: before `ready`, until no more process joins the filter, to learn the
 * callbacks in `found`; once after it to put sub_seen and mn_seen into the trace. Nothing is locked: what is read may
 * change or be freed meanwhile, so every load is a checked one and every sub must point back to its mm.
 */

/* Threads share an mm: which run has visited it last. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u64);
} visited SEC(".maps");

enum {
	MAX_STEPS = 1 << 20, /* in one tree or list: more subs than any process has */
};

struct walk {
	u64 mm;
	u64 node, from;
};

static __always_inline void see_sub(struct mmu_interval_notifier *sub, u64 mm)
{
	const struct mmu_interval_notifier_ops *ops = READ(sub, ops);
	u64 finish = second_pass(ops, false), first = first_pass(ops, false);

	if (ID(READ(sub, mm)) != mm)
		return;
	if (!ready) {
		find_sub(first, finish);
		return;
	}
	RECORD(sub_seen, mm, .sub = ID(sub), .start = READ(sub, interval_tree.start),
	       .last = READ(sub, interval_tree.last), .invalidate = first, .finish = finish,
	       .sub_seq = READ(sub, invalidate_seq));
}

/* One step of a walk over the whole tree with neither stack nor recursion: where to go follows from where we come from.
 */
static long tree_step(u32 i, struct walk *w)
{
	struct rb_node *node = (void *)w->node;
	u64 left = ID(READ(node, rb_left)), right = ID(READ(node, rb_right));
	u64 parent = READ(node, __rb_parent_color) & ~3UL, next;

	if (w->from == parent) {
		see_sub((void *)(w->node - bpf_core_field_offset(struct mmu_interval_notifier, interval_tree)), w->mm);
		next = left ?: right ?: parent;
	} else if (w->from == left && right) {
		next = right;
	} else {
		next = parent;
	}
	w->from = w->node;
	w->node = next;
	return !next;
}

static __always_inline void see_notifier(struct mmu_notifier *sub, u64 mm)
{
	const struct mmu_notifier_ops *ops = READ(sub, ops);
	u64 start = ID(READ(ops, invalidate_range_start)), end = ID(READ(ops, invalidate_range_end));
	u64 release = ID(READ(ops, release));

	if (ID(READ(sub, mm)) != mm)
		return;
	if (!ready) {
		find_ops(start, end, release);
		return;
	}
	RECORD(mn_seen, mm, .sub = ID(sub), .start_fn = start, .end_fn = end, .release_fn = release,
	       .users = READ(sub, users));
}

static long list_step(u32 i, struct walk *w)
{
	struct hlist_node *node = (void *)w->node;

	see_notifier((void *)(w->node - bpf_core_field_offset(struct mmu_notifier, hlist)), w->mm);
	w->node = ID(READ(node, next));
	return !w->node;
}

static __always_inline void join(struct task_struct *task, struct mm_struct *mm)
{
	u32 tgid = task->tgid;

	if (!bpf_map_lookup_elem(&wanted_tgids, &tgid)) {
		if (!is_wanted(task))
			return;
		want_process(tgid);
	}
	want_mm(mm);
}

SEC("iter/task")
int sub_seen(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mmu_notifier_subscriptions *subs;
	u64 key, *last, session = ctx->meta->session_id;
	struct walk w = {};
	struct mm_struct *mm;

	if (!task)
		return 0;
	if (!ctx->meta->seq_num)
		find_page_array();
	mm = task->mm;
	if (!mm)
		return 0;
	if ((u32)task->tgid == config.self_tgid)
		self_mm = ID(mm);
	if (filtered())
		join(task, mm);

	key = ID(mm);
	last = bpf_map_lookup_elem(&visited, &key);
	if (last && *last == session)
		return 0;
	bpf_map_update_elem(&visited, &key, &session, BPF_ANY);
	subs = mm->notifier_subscriptions;
	learn_owner(subs, mm);
	if (!subs || !wanted(mm))
		return 0;

	w.mm = key;
	w.node = ID(subs->itree.rb_root.rb_node);
	if (w.node)
		bpf_loop(MAX_STEPS, tree_step, &w, 0);
	w.node = ID(subs->list.first);
	if (w.node)
		bpf_loop(MAX_STEPS, list_step, &w, 0);
	return 0;
}
