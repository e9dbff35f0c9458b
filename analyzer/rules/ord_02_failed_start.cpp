// SPDX-License-Identifier: Apache-2.0
// ORD-02: a start fails only with -EAGAIN and only if it may not block, and what failed is not ended.
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FailedStart final : public RuleOf<FailedStart> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    if (e.ret == 0) return;
    const uint64_t from = f.entry ? f.entry->at.time : e.h.time;
    std::vector<Evidence> evidence;
    if (f.entry) evidence.push_back({f.entry->at, "the start"});
    if (e.ret != -EAGAIN)
      return judge.broken(e.h, from, evidence, fmt::format("the start failed with {}, only -EAGAIN is allowed", e.ret));
    if (e.flags & 1)
      return judge.broken(e.h, from, evidence, "a start that may block failed: callers do not look at its result");
    judge.held();
  }

  void on(const ev_inv_end& e, const Facts& f, Judge& judge) {
    if (f.region || f.task->failed_range != e.range) return;
    judge.broken(e.h, f.task->failed_at.time, {{f.task->failed_at, "the start failed"}},
                 fmt::format("end of {} whose start failed: active_invalidate_ranges goes down twice", range_text(e.start, e.end)));
  }
};

RULE(ord_02_failed_start, FailedStart,
     {.id = "ORD-02",
      .name = "failed_start",
      .level = Level::hard,
      .party = Party::core,
      .says = "a start fails only with -EAGAIN, only when it may not block, and is then not ended by its caller",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() \"On -EAGAIN the non-blocking caller is not allowed to call "
                 "invalidate_range_end()\"; mm/memory.c, zap_vma_for_reaping()",
      .not_claimed = "that the caller left the page tables alone after the failure",
      .look_at = "the caller of mmu_notifier_invalidate_range_start_nonblock()",
      .also = {EV_inv_start}})

}  // namespace mirrorscope::rules
