// SPDX-License-Identifier: GPL-2.0
/* When a buffer of amdgpu gets pages of a process and asks whether they still are its pages. drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c. */
#include "bpf/drivers/amdgpu.bpf.h"

/*
 * Discipline: fence for graphics (amdgpu_hmm_invalidate_gfx() waits for what is submitted), quiesce for compute (kfd_userptr.bpf.c).
 * Translations stay over an invalidation: what counts is that a submission asks again, amdgpu_hmm_range_valid(). Not seen: the submission
 * itself (amdgpu_cs_submit() is inlined) and its fences, so nothing is said about work; in 6.x the question, whose answer is a local there.
 */
static __always_inline int registered(struct amdgpu_bo *bo, s32 ret)
{
	struct promise p = {.ctx = ID(bo), .sub = ID(&bo->notifier), .driver = MS_driver_amdgpu_userptr};
	struct mm_struct *mm = READ(bo, notifier.mm);

	p.discipline = MS_discipline_fence;
	if (READ(bo, kfd_bo)) {
		p.discipline = MS_discipline_quiesce;
		p.driver = MS_driver_kfd_userptr;
	}
	return ret || !mm ? 0 : promises(&p, mm);
}

/* amdgpu_hmm_register(bo, addr): amdgpu_mn_register() in 6.1 */
EXIT_SELDOM(dev_ctx__amdgpu, amdgpu_hmm_register)
{
	return registered((void *)ARG(0), (s32)RET());
}

EXIT_SELDOM(dev_ctx__amdgpu__or_mn, amdgpu_mn_register)
{
	return registered((void *)ARG(0), (s32)RET());
}

static __always_inline int unregistered(struct amdgpu_bo *bo)
{
	struct mm_struct *mm = READ(bo, notifier.mm);

	return mm ? is_gone(ID(bo), READ(bo, kfd_bo) ? MS_driver_kfd_userptr : MS_driver_amdgpu_userptr, mm) : 0;
}

ENTRY_SELDOM(dev_ctx_end__amdgpu, amdgpu_hmm_unregister)
{
	return unregistered((void *)ARG(0));
}

ENTRY_SELDOM(dev_ctx_end__amdgpu__or_mn, amdgpu_mn_unregister)
{
	return unregistered((void *)ARG(0));
}

static __always_inline struct request of(struct amdgpu_bo *bo, s32 ret)
{
	struct request r = {.ctx = ID(bo), .sub = ID(&bo->notifier), .driver = MS_driver_amdgpu_userptr, .ret = ret};

	r.start = READ(bo, notifier.interval_tree.start);
	r.end = READ(bo, notifier.interval_tree.last) + 1;
	r.write = 1; /* unless AMDGPU_GEM_USERPTR_READONLY */
	return r;
}

/* amdgpu_ttm_tt_get_user_pages(bo, ...): all pages of the buffer */
ENTRY(dev_fault__amdgpu, amdgpu_ttm_tt_get_user_pages)
{
	struct amdgpu_bo *bo = (void *)ARG(0);
	struct mm_struct *mm = READ(bo, notifier.mm);
	struct request r = of(bo, 0);

	return mm ? asks(&r, mm) : 0;
}

EXIT(dev_fault_ret__amdgpu, amdgpu_ttm_tt_get_user_pages)
{
	struct amdgpu_bo *bo = (void *)ARG(0);
	struct mm_struct *mm = READ(bo, notifier.mm);
	struct request r = of(bo, (s32)RET());

	return mm ? answered(&r, mm) : 0;
}

/* amdgpu_hmm_range_valid(range): not in 6.x */
EXIT(revalidate__amdgpu, amdgpu_hmm_range_valid)
{
	struct amdgpu_hmm_range *range = (void *)ARG(0);
	struct mmu_interval_notifier *sub;

	if (!range)
		return 0;
	sub = READ(range, hmm_range.notifier);
	return EMIT(revalidate, READ(sub, mm), .ctx = ID(READ(range, bo)), .sub = ID(sub),
		    .start = READ(range, hmm_range.start), .end = READ(range, hmm_range.end),
		    .seq = READ(range, hmm_range.notifier_seq), .sub_seq = READ(sub, invalidate_seq),
		    .driver = MS_driver_amdgpu_userptr, .ok = RET() & 0xff ? 1 : 0);
}
