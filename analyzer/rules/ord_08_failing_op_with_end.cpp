// SPDX-License-Identifier: Apache-2.0
// ORD-08: an mmu_notifier whose start op fails has no end op.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FailingOpWithEnd final : public RuleOf<FailingOpWithEnd> {
 public:
  void on(const ev_hl_start_ret& e, const Facts& f, Judge& judge) {
    if (e.ret == 0) return;
    if (!e.end_fn) return judge.held();
    judge.broken(e.h, f.has_entry ? f.entry->at.time : e.h.time, {},
                 fmt::format("invalidate_range_start returned {} and invalidate_range_end exists: it will run although the start failed", e.ret),
                 e.fn);
  }
};

RULE(ord_08_failing_op_with_end, FailingOpWithEnd,
     {.id = "ORD-08",
      .name = "failing_op_with_end",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an mmu_notifier whose invalidate_range_start can fail has no invalidate_range_end",
      .because = "include/linux/mmu_notifier.h, struct mmu_notifier_ops \"not allowed to implement invalidate_range_end\"; "
                 "mm/mmu_notifier.c, WARN_ON(ops->invalidate_range_end) in mn_hlist_invalidate_range_start()",
      .not_claimed = "ops that could fail and were not seen failing",
      .look_at = "the driver's struct mmu_notifier_ops"})

}  // namespace mirrorscope::rules
