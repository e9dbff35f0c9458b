// SPDX-License-Identifier: Apache-2.0
// ORD-07: a callback refuses only a range that may not block.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class BlockableRefused final : public RuleOf<BlockableRefused> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    const bool must = (e.flags & 1) || e.reason == MS_reason_release;
    if (!must) return;
    if (e.ret) return judge.held();
    refuse(e.h, f, judge, e.start, e.end, e.reason, e.fn);
  }
  void on(const ev_hl_start_ret& e, const Facts& f, Judge& judge) {
    if (!(e.flags & 1)) return;
    if (e.ret == 0) return judge.held();
    refuse(e.h, f, judge, e.start, e.end, e.reason, e.fn);
  }

 private:
  static void refuse(const ev_header& h, const Facts& f, Judge& judge, uint64_t start, uint64_t end, uint32_t reason,
                     uint64_t fn) {
    std::vector<Evidence> evidence;
    if (f.within && !f.within->assumed) evidence.push_back({f.within->at, "the start, blockable"});
    if (f.entry) evidence.push_back({f.entry->at, "the callback was entered"});
    judge.broken(h, evidence.empty() ? h.time : evidence.front().event.time, evidence,
                 fmt::format("the callback refused {} ({}) although it may block: the range is invalidated all the same, and the "
                             "device goes on using it",
                             range_text(start, end), reason_text(reason)),
                 fn);
  }
};

RULE(ord_07_blockable_refused, BlockableRefused,
     {.id = "ORD-07",
      .name = "blockable_refused",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a callback never refuses a range that may block, nor a release",
      .because = "include/linux/mmu_notifier.h, struct mmu_interval_notifier_ops \"Return false only if sleeping was required but "
                 "mmu_notifier_range_blockable(range) is false\"; mm/mmu_notifier.c, WARN_ON in mn_itree_invalidate()",
      .not_claimed = "why it refused: mshv does so when a hypercall fails",
      .look_at = "every return false (or -EAGAIN) of the callback: each must be under !mmu_notifier_range_blockable(range)",
      .any_event = true})

}  // namespace mirrorscope::rules
