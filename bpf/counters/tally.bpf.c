// SPDX-License-Identifier: GPL-2.0
/* What is counted instead of recorded: invalidations, faults, migrations, pins, subs. Loaded by stat, top and exporter only. */
#define MS_IN_INTERRUPTS 1 /* unpins also run when direct I/O completes */
#include "bpf/counters/tally.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/migrate.bpf.h"

ENTRY(tally_invalidate, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct mm_struct *mm = GET(range, mm);

	if (!wanted(mm))
		return 0;
	begin_call(mm, MS_tally_invalidate, reason_of(GET(range, event)), pages_in(GET(range, start), GET(range, end)));
	return 0;
}

EXIT(tally_invalidate_ret, __mmu_notifier_invalidate_range_start)
{
	struct mmu_notifier_range *range = (void *)ARG(0);
	struct ms_call_under_way *call = ended_call(MS_tally_invalidate);

	if (call)
		end_call(call, GET(range, mm), (s32)RET() != 0, call->pages);
	return 0;
}

/* As hmm.bpf.c does: hmm_range_fault_locked() since 7.3. */
static __always_inline int looks_up(struct hmm_range *range, const bool direct)
{
	struct mmu_interval_notifier *sub = GET(range, notifier);
	struct mm_struct *mm = GET(sub, mm);

	if (!wanted(mm))
		return 0;
	begin_call(mm, MS_tally_fault, first_pass(GET(sub, ops), direct), (GET(range, end) - GET(range, start)) >> 12);
	return 0;
}

ENTRY(tally_fault, hmm_range_fault_locked)
{
	return looks_up((void *)ARG(0), direct);
}

ENTRY(tally_fault__or_whole, hmm_range_fault)
{
	return looks_up((void *)ARG(0), direct);
}

static __always_inline int looked_up(struct hmm_range *range, s32 ret, const bool direct)
{
	struct mmu_interval_notifier *sub = GET(range, notifier);
	struct ms_call_under_way *call = ended_call(MS_tally_fault);

	if (call)
		end_call(call, GET(sub, mm), ret == -16 /* EBUSY */, ret ? 0 : call->pages);
	return 0;
}

EXIT(tally_fault_ret, hmm_range_fault_locked)
{
	return looked_up((void *)ARG(0), hmm_result((s32)RET(), ADDRESS(1)), direct);
}

EXIT(tally_fault_ret__or_whole, hmm_range_fault)
{
	return looked_up((void *)ARG(0), (s32)RET(), direct);
}

ENTRY(tally_migrate, migrate_vma_setup)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);

	if (wanted(mm))
		begin_call(mm, MS_tally_migrate, GET(migrate, flags), 0);
	return 0;
}

EXIT(tally_migrate_ret, migrate_vma_setup)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct ms_call_under_way *call = ended_call(MS_tally_migrate);
	s32 ret = (s32)RET();

	if (call)
		end_call(call, MM_OF(migrate), ret != 0, ret ? 0 : GET(migrate, cpages));
	return 0;
}

#define TALLY_PIN(variant, function, mm)                                                                               \
	ENTRY(tally_pin__##variant, function)                                                                          \
	{                                                                                                              \
		struct mm_struct *_mm = mm;                                                                            \
                                                                                                                       \
		if (wanted(_mm))                                                                                       \
			begin_call(_mm, MS_tally_pin, 0, 0);                                                           \
		return 0;                                                                                              \
	}                                                                                                              \
	EXIT(tally_pin_ret__##variant, function)                                                                       \
	{                                                                                                              \
		struct ms_call_under_way *call = ended_call(MS_tally_pin);                                                \
		s64 ret = MS_pin_call_##function == MS_pin_call_pin_user_pages_fast ? (s64)(s32)RET() : (s64)RET();    \
                                                                                                                       \
		if (call)                                                                                              \
			end_call(call, mm, ret < 0, ret > 0 ? ret : 0);                                                \
		return 0;                                                                                              \
	}

TALLY_PIN(here, pin_user_pages, task_mm())
TALLY_PIN(fast, pin_user_pages_fast, task_mm())
TALLY_PIN(remote, pin_user_pages_remote, (struct mm_struct *)ARG(0))
TALLY_PIN(unlocked, pin_user_pages_unlocked, task_mm())
TALLY_PIN(memfd, memfd_pin_folios, task_mm())

/* One of these may call another (unpin_user_pages_dirty_lock() without dirty, mm/gup.c): the innermost return counts, once. */
#define TALLY_UNPIN(variant, function, npages)                                                                         \
	ENTRY(tally_unpin__##variant, function)                                                                        \
	{                                                                                                              \
		struct mm_struct *mm = task_mm();                                                                      \
                                                                                                                       \
		if (wanted(mm) && !is_under_way(MS_tally_unpin))                                                       \
			begin_call(mm, MS_tally_unpin, 0, npages);                                                     \
		return 0;                                                                                              \
	}                                                                                                              \
	EXIT(tally_unpin_ret__##variant, function)                                                                     \
	{                                                                                                              \
		struct ms_call_under_way *call = ended_call(MS_tally_unpin);                                              \
                                                                                                                       \
		if (call)                                                                                              \
			end_call(call, task_mm(), false, call->pages);                                                 \
		return 0;                                                                                              \
	}

TALLY_UNPIN(page, unpin_user_page, 1)
TALLY_UNPIN(pages, unpin_user_pages, ARG(1))
TALLY_UNPIN(dirty, unpin_user_pages_dirty_lock, ARG(1))
TALLY_UNPIN(range, unpin_user_page_range_dirty_lock, ARG(1))
TALLY_UNPIN(folio_pages, unpin_user_folio, ARG(1))
TALLY_UNPIN(folio, unpin_folio, 1)
TALLY_UNPIN(folios, unpin_folios, ARG(1))

/* mmu_interval_notifier_insert(sub, mm, start, length, ops): the callbacks that it names are to be watched as well. */
static __always_inline int inserted(const u64 *args, const bool direct)
{
	struct mm_struct *mm = (void *)ARG(1);
	const struct mmu_interval_notifier_ops *ops = (void *)ARG(4);

	if ((s32)RET())
		return 0;
	find_sub(first_pass(ops, direct), second_pass(ops, direct));
	if (wanted(mm))
		count_call(mm, MS_tally_insert, first_pass(ops, direct), ARG(3) >> 12);
	return 0;
}

EXIT(tally_insert, mmu_interval_notifier_insert)
{
	return inserted(args, direct);
}

EXIT(tally_insert__locked, mmu_interval_notifier_insert_locked)
{
	return inserted(args, direct);
}

ENTRY(tally_remove, mmu_interval_notifier_remove)
{
	struct mmu_interval_notifier *sub = (void *)ARG(0);
	struct mm_struct *mm = GET(sub, mm);
	u64 pages = (GET(sub, interval_tree.last) - GET(sub, interval_tree.start) + 1) >> 12;

	if (wanted(mm))
		count_call(mm, MS_tally_remove, first_pass(GET(sub, ops), direct), pages);
	return 0;
}

EXIT(tally_register, __mmu_notifier_register)
{
	struct mmu_notifier *sub = (void *)ARG(0);
	const struct mmu_notifier_ops *ops;

	if ((s32)RET())
		return 0;
	ops = GET(sub, ops);
	find_ops(ID(GET(ops, invalidate_range_start)), ID(GET(ops, invalidate_range_end)), ID(GET(ops, release)));
	return 0;
}
