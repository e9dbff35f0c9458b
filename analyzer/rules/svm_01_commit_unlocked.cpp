// SPDX-License-Identifier: Apache-2.0
// SVM-01: the check of a range and its commit are in one critical section of the notifier lock.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CommitUnlocked final : public RuleOf<CommitUnlocked> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx || !f.ctx->wide || !f.ctx->locks || e.end <= e.start) return;
    f.mm->ranges.overlapping(e.start, e.end - 1, [&](const SvmRange& r) {
      if (r.ctx != e.ctx || !r.valid) return;  // SEQ-10 says that
      for (const HeldLock& held : f.task->locks)
        if (r.valid_locked && held.at == r.valid_locked) return judge.held();
      if (f.task->locks.overflowed) return judge.unknown();
      const uint64_t unlocked = f.task->unlocked_since(e.ctx, MS_lock_kind_user);
      judge.broken(e.h, since_promised(f.ctx, {r.valid.time, unlocked}), {{r.valid, "the range was found to be valid"}},
                   fmt::format("{} is mapped and the notifier lock was not held since its range was found to be valid",
                               range_text(e.start, e.end)));
    });
  }

  void on(const ev_svm_range&, const Facts&, Judge&) {}
  void on(const ev_lock&, const Facts&, Judge&) {}
};

RULE(svm_01_commit_unlocked, CommitUnlocked,
     {.id = "SVM-01",
      .name = "commit_unlocked",
      .level = Level::hard,
      .party = Party::driver,
      .says = "drm_gpusvm_range_pages_valid() is asked in the same section of the notifier lock in which the range is then mapped",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_range_pages_valid(); drivers/gpu/drm/xe/xe_pt.c, "
                 "xe_pt_svm_userptr_pre_commit()",
      .not_claimed = "drivers whose locks have no rows",
      .look_at = "unlock between the check and the write of the page table",
      .also = {EV_unlock, EV_dev_ctx}})

}  // namespace mirrorscope::rules
