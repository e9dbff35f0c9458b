// SPDX-License-Identifier: Apache-2.0
// LOCK-03: the lock that the callback needs is not held where an invalidation may be waited for.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class LockAcrossWait final : public RuleOf<LockAcrossWait> {
 public:
  void on(const ev_read_begin& e, const Facts& f, Judge& judge) { look(e.h, f, judge, "mmu_interval_read_begin()"); }
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) { look(e.h, f, judge, "hmm_range_fault()"); }
  void on(const ev_lock&, const Facts&, Judge&) {}
  void on(const ev_unlock&, const Facts&, Judge&) {}

 private:
  static void look(const ev_header& h, const Facts& f, Judge& judge, std::string_view function) {
    if (!f.task) return;
    for (const HeldLock& held : f.task->locks) {
      if (held.kind != MS_lock_kind_user) continue;
      return judge.broken(h, held.at.time, {{held.at, "the lock was taken"}},
                          fmt::format("{} is called with lock {} held, which the callback needs: an invalidation waits for the lock, "
                                      "and this for the invalidation",
                                      function, hex(held.lock)),
                          f.sub ? f.sub->fn : 0);
    }
    judge.held();
  }
};

RULE(lock_03_lock_across_wait, LockAcrossWait,
     {.id = "LOCK-03",
      .name = "lock_across_wait",
      .level = Level::hard,
      .party = Party::driver,
      .says = "mmu_interval_read_begin() and hmm_range_fault() are called without the lock that the driver's callback takes",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() sleeps until the invalidation has ended; mm/hmm.c, hmm_range_fault() faults "
                 "pages in, which may reclaim others and so call the callback",
      .not_claimed = "allocations and mmap_lock under it, which have no rows; other locks of the driver",
      .look_at = "where the lock is taken and whether every way out of the retry loop gives it back",
      .also = {}})

}  // namespace mirrorscope::rules
