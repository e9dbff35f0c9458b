// SPDX-License-Identifier: Apache-2.0
// ORD-22: once an invalidation has started, a driver that promises to stop the user's queues has stopped them.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class QueuesRunning final : public SuspectingRule<QueuesRunning> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !f.has_entry || !f.mm || f.mm->ctxs.empty() || e.end <= e.start) return;
    for (const Ctx* ctx : f.mm->ctxs) {
      if (promise(*ctx, *mirror_) != Discipline::quiesce || is_own(*ctx, e.reason, e.owner)) continue;
      const Mapping* used = nullptr;
      f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
        if (m.ctx == ctx && m.begun.time + Mirror::kClockSlack < f.entry->at.time) used = &m;
      });
      if (!used) continue;
      if (ctx->quiesced) {
        judge.held();
        continue;
      }
      suspects_.add(e.h, ctx->ptr, since_running(ctx, used->begun.time),
                    {{used->begun, "the device was given the pages"}, {f.entry->at, "the invalidation began"}},
                    fmt::format("{} ({}) has started and the queues that may use {} run", range_text(e.start, e.end),
                                reason_text(e.reason), range_text(used->start, used->end)));
    }
  }

  void on(const ev_quiesce& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(ord_22_queues_running, QueuesRunning,
     {.id = "ORD-22",
      .name = "queues_running",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the start of an invalidation has returned 0, the user's queues on an object that maps the range are stopped, if its "
              "driver promises that instead of unmapping",
      .because = "drivers/gpu/drm/amd/amdkfd/kfd_svm.c, svm_range_evict(): kgd2kfd_quiesce_mm(); amdgpu_amdkfd_gpuvm.c, "
                 "amdgpu_amdkfd_evict_userptr()",
      .not_claimed = "drivers of another discipline; that work which was on the device has drained: ORD-20",
      .look_at = "an early return of the callback while an earlier invalidation still stops the queues",
      .also = {EV_inv_start, EV_dev_ctx, EV_dev_map, EV_resume, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
