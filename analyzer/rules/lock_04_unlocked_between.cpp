// SPDX-License-Identifier: Apache-2.0
// LOCK-04: the lock under which a driver asked read_retry() is held until it has mapped.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UnlockedBetween final : public RuleOf<UnlockedBetween> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    // drivers without rows for their locks, and those that pin, may order the two otherwise
    if (!f.ctx || !f.ctx->locks || !f.has_check || !f.check.ok || f.check.sub != e.sub) return;
    if (e.start < f.check.start || e.end > f.check.end || (f.has_section && f.check.at.time < f.section.begun.time)) return;
    const auto discipline = promise(*f.ctx, *mirror_);
    if (discipline == Discipline::pin || gates_work(discipline)) return;
    for (const HeldLock& held : f.task->locks)
      if (f.check.locked && held.at == f.check.locked) return judge.held();
    if (f.task->locks.overflowed) return judge.unknown();
    std::vector<Evidence> evidence{{f.check.at, "it was asked whether the lookup still stands"}};
    if (f.check.locked) evidence.insert(evidence.begin(), {f.check.locked, "the lock was taken"});
    const uint64_t unlocked = f.task->unlocked_since([&](const HeldLock& l) { return l.ctx == e.ctx; });
    judge.broken(e.h, since_promised(f.ctx, f.check.locked ? Since(f.check.locked.time) : Since(f.check.at.time, unlocked)), evidence,
                 fmt::format("{} is mapped after {}: an invalidation in between goes unseen", range_text(e.start, e.end),
                             f.check.locked ? "the lock was released since the check" : "a check without the callback's lock"),
                 f.sub ? f.sub->fn : 0);
  }

  void on(const ev_revalidate&, const Facts&, Judge&) {}
  void on(const ev_lock&, const Facts&, Judge&) {}
  void on(const ev_unlock&, const Facts&, Judge&) {}
};

RULE(lock_04_unlocked_between, UnlockedBetween,
     {.id = "LOCK-04",
      .name = "unlocked_between",
      .level = Level::hard,
      .party = Party::driver,
      .says = "mmu_interval_read_retry() is asked under the lock that the callback takes, and that lock is not released before the "
              "translations are made",
      .because = "include/linux/mmu_notifier.h, mmu_interval_read_retry() \"MUST be called under a user provided lock that is also held "
                 "unconditionally by op->invalidate() when it calls mmu_interval_set_seq()\"",
      .not_claimed = "drivers whose locks or checks have no rows, that pin, or that ask again before work may use it (SEQ-13); mmu_interval_check_retry(), which is a hint and not a check",
      .look_at = "unlock and lock between the check and the commit",
      .also = {EV_read_begin_ret}})

}  // namespace mirrorscope::rules
