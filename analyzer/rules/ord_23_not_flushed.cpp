// SPDX-License-Identifier: Apache-2.0
// ORD-23: once an invalidation has started, the device's TLB has acknowledged the flush of what was unmapped.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NotFlushed final : public SuspectingRule<NotFlushed> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !f.mm || f.mm->ctxs.empty()) return;
    for (const Ctx* ctx : f.mm->ctxs) {
      if (!ctx->flushes || is_own(*ctx, e.reason, e.owner)) continue;
      const auto promised = promise(*ctx, *mirror_);
      if (promised == Discipline::pin || gates_work(promised)) continue;  // their callbacks unmap nothing
      for (const Piece& p : ctx->unflushed) {
        if (p.start >= e.end || e.start >= p.end) continue;
        if (suspects_.full(judge)) return;
        suspects_.add(e.h, ctx->ptr, since_promised(ctx, p.at.time), {{p.at, "the translations were removed from the page table"}},
                      fmt::format("{} ({}) has started and the flush of {} is {}: the device's TLB may still know it",
                                  range_text(e.start, e.end), reason_text(e.reason), range_text(p.start, p.end),
                                  p.token ? "not acknowledged" : "not asked for"));
      }
    }
  }

  void on(const ev_dev_flush_done& e, const Facts& f, Judge& judge) {
    if (f.ctx) judge.held();
    suspects_.explain(e.h, e.ctx, judge);
  }

  void on(const ev_dev_flush_submit&, const Facts&, Judge&) {}
};

RULE(ord_23_not_flushed, NotFlushed,
     {.id = "ORD-23",
      .name = "not_flushed",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the start of an invalidation has returned 0, the device has acknowledged a flush of all that was unmapped of the "
              "range, asked for after the unmap",
      .because = "include/linux/mmu_notifier.h, struct mmu_interval_notifier_ops: invalidate; drivers/gpu/drm/xe/xe_svm.c, "
                 "xe_svm_invalidate() waits for every xe_tlb_inval fence",
      .not_claimed = "drivers whose dev_unmap includes the flush; that the device keeps its word",
      .look_at = "a flush that is left out because another thread seems to have done it",
      .also = {EV_dev_ctx, EV_dev_map, EV_dev_unmap, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
