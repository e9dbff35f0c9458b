// SPDX-License-Identifier: Apache-2.0
// SVM-11: ranges are looked up, made and removed under one lock of the driver.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class LookupUnserialized final : public RuleOf<LookupUnserialized> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb != MS_svm_verb_created && e.verb != MS_svm_verb_found && e.verb != MS_svm_verb_removed) return;
    if (!f.ctx || !f.ctx->locks || !f.task) return;
    for (const HeldLock& held : f.task->locks)
      if (held.ctx == e.ctx && held.kind == MS_lock_kind_ranges && held.exclusive) return judge.held();
    if (f.task->locks.overflowed) return judge.unknown();
    // the lock that is missing may be lost
    const uint64_t unlocked = f.task->unlocked_since(e.ctx, MS_lock_kind_ranges);
    judge.broken(e.h, since_promised(f.ctx, {e.h.time, unlocked}), {}, fmt::format("range {} is handled without the lock that serialises ranges", range_text(e.start, e.end)));
  }

  void on(const ev_lock&, const Facts&, Judge&) {}
  void on(const ev_unlock&, const Facts&, Judge&) {}
};

RULE(svm_11_lookup_unserialized, LookupUnserialized,
     {.id = "SVM-11",
      .name = "lookup_unserialized",
      .level = Level::hard,
      .party = Party::driver,
      .says = "ranges are looked up, made and removed under one lock of the driver",
      .because = "drivers/gpu/drm/drm_gpusvm.c, its introduction: \"locking\" and drm_gpusvm_driver_set_lock(); drivers/gpu/drm/xe/xe_svm.c takes vm->lock for write",
      .not_claimed = "drivers whose locks have no rows",
      .look_at = "the fault handler and the garbage collector",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
