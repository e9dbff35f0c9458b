// SPDX-License-Identifier: Apache-2.0
// LOCK-08: a callback gives back every lock that it has taken.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class LeftLocked final : public RuleOf<LeftLocked> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_entry || e.finish) return;
    bool any = false;
    for (const HeldLock& held : f.task->locks) {
      any = true;
      if (held.at.time < f.entry->at.time) continue;  // its caller's
      return judge.broken(e.h, f.entry->at.time, {{f.entry->at, "the callback was entered"}, {held.at, "it took the lock"}},
                          fmt::format("the callback returns {} with lock {} held: whoever takes it next waits for ever",
                                      e.ret ? "true" : "false", hex(held.lock)),
                          e.fn);
    }
    if (any || (f.task && !f.task->callback_locks.empty())) judge.held();
  }

  void on(const ev_lock&, const Facts&, Judge&) {}
  void on(const ev_unlock&, const Facts&, Judge&) {}
};

RULE(lock_08_left_locked, LeftLocked,
     {.id = "LOCK-08",
      .name = "left_locked",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an invalidate callback has given back what it locked when it returns, whatever it returns",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() and mn_itree_finish_pass(): nothing of the driver runs behind the callback of a "
                 "sub, and a start that failed is not ended, so nobody else would unlock",
      .not_claimed = "locks without rows; a first pass that hands a finish out, which may unlock",
      .look_at = "the return false under !mmu_notifier_range_blockable(range), and every other early return",
      .also = {EV_cb_enter}})

}  // namespace mirrorscope::rules
