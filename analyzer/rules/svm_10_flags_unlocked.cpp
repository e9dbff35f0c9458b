// SPDX-License-Identifier: Apache-2.0
// SVM-10: the flags of a range are read for a commit and changed under the notifier lock.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class FlagsUnlocked final : public RuleOf<FlagsUnlocked> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb != MS_svm_verb_set_unmapped && e.verb != MS_svm_verb_unmap_pages && e.verb != MS_svm_verb_pages_valid) return;
    if (!f.ctx || !f.ctx->locks || !f.task) return;
    for (const HeldLock& held : f.task->locks)
      if (held.ctx == e.ctx && held.kind == MS_lock_kind_user) return judge.held();
    if (f.task->locks.overflowed) return judge.unknown();
    // the lock that is missing may be lost
    const uint64_t unlocked = f.task->unlocked_since(e.ctx, MS_lock_kind_user);
    judge.broken(e.h, since_promised(f.ctx, {e.h.time, unlocked}), {}, fmt::format("range {} is handled without the notifier lock", range_text(e.start, e.end)));
  }

  void on(const ev_lock&, const Facts&, Judge&) {}
  void on(const ev_unlock&, const Facts&, Judge&) {}
};

RULE(svm_10_flags_unlocked, FlagsUnlocked,
     {.id = "SVM-10",
      .name = "flags_unlocked",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the flags of a range are read for a commit and changed under the notifier lock",
      .because = "drivers/gpu/drm/drm_gpusvm.c, lockdep_assert_held(&gpusvm->notifier_lock) in drm_gpusvm_range_pages_valid(), lockdep_assert_held_write() in drm_gpusvm_range_set_unmapped()",
      .not_claimed = "drivers whose locks have no rows",
      .look_at = "who else changes them than the callback",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
