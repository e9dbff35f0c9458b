// SPDX-License-Identifier: Apache-2.0
// ORD-09: nobody sleeps between entry and return of a start that must not block.
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class Sleeps final : public RuleOf<Sleeps> {
 public:
  void on(const ev_might_sleep& e, const Facts& f, Judge& judge) {
    const Call* start = f.within;
    if (!start || start->at.id != EV_inv_start || start->flags & kBlockable) return;
    const auto is = [&](uint64_t frame) { return frame == start->frame; };
    if (slept_.find(is)) return;  // said once for each start
    slept_.add(start->frame);
    std::vector<Evidence> evidence{{start->at, "the start, which must not block"}};
    for (const Call& c : f.task->calls)
      if (c.at.id == EV_cb_enter || c.at.id == EV_hl_start) {
        if (c.frame > start->frame) evidence.push_back({c.at, "the callback was entered"});
      }
    judge.broken(e.h, start->at.time, std::move(evidence),
                 fmt::format("the invalidation of {} ({}) must not block, and its task {}", range_text(start->start, start->end),
                             reason_text(start->reason), e.slept ? "slept" : "called what may sleep"));
  }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    if (e.flags & kBlockable) return;
    if (!f.entry) return judge.unknown();
    if (!slept_.take_all([&](uint64_t frame) { return frame == f.entry->frame; })) slept_.forgot() ? judge.unknown() : judge.held();
  }

 private:
  static constexpr uint32_t kBlockable = 1;  // MMU_NOTIFIER_RANGE_BLOCKABLE
  History<uint64_t, 64> slept_;  // starts that were reported and have not returned, by frame
};

RULE(ord_09_sleeps, Sleeps,
     {.id = "ORD-09",
      .name = "sleeps",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a callback that is called for a range which must not block does not sleep",
      .because = "include/linux/mmu_notifier.h, struct mmu_notifier_ops \"If blockable argument is set to false then the callback cannot "
                 "sleep and has to return with -EAGAIN if sleeping would be required\"; mm/mmu_notifier.c, "
                 "mn_hlist_invalidate_range_start(), non_block_start()",
      .not_claimed = "the finish of the invalidation, invalidate_range_end; that preemption is a sleep; PREEMPT_RT, where spinlocks sleep",
      .look_at = "what comes before the return false (or -EAGAIN) under !mmu_notifier_range_blockable(range): mutexes, waits for fences "
                 "and flushes, allocations",
      .also = {EV_inv_start}})

}  // namespace mirrorscope::rules
