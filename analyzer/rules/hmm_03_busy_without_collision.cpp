// SPDX-License-Identifier: Apache-2.0
// HMM-03: hmm_range_fault() returns -EBUSY only if the sub's sequence has moved.
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class BusyWithoutCollision final : public RuleOf<BusyWithoutCollision> {
 public:
  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    if (e.ret != -EBUSY) [[likely]]
      return;
    if (e.sub_seq != e.notifier_seq) return judge.held();
    judge.broken(e.h, f.has_entry ? f.entry->at.time : e.h.time, {},
                 fmt::format("-EBUSY for {} although the sub is still at sequence {}: the driver retries for nothing",
                             range_text(e.start, e.end), e.sub_seq),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_03_busy_without_collision, BusyWithoutCollision,
     {.id = "HMM-03",
      .name = "busy_without_collision",
      .level = Level::hard,
      .party = Party::core,
      .says = "when hmm_range_fault() returns -EBUSY, the sub's sequence is no longer range->notifier_seq",
      .because = "mm/hmm.c, hmm_range_fault(): -EBUSY of the walk restarts it, only mmu_interval_check_retry() returns it",
      .not_claimed = "that a fault which returned 0 did not collide: only read_retry() under the lock tells",
      .look_at = "a driver that changes range->notifier_seq while the call runs, or mm/hmm.c itself"})

}  // namespace mirrorscope::rules
