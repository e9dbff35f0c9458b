// SPDX-License-Identifier: Apache-2.0
// ORD-21: once an invalidation has started, the work of a driver that waits for fences has completed.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class JobInFlight final : public SuspectingRule<JobInFlight> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !f.has_entry || !f.mm || f.mm->ctxs.empty() || e.end <= e.start) return;
    for (const Ctx* ctx : f.mm->ctxs) {
      if (promise(*ctx, *mirror_) != Discipline::fence || is_own(*ctx, e.reason, e.owner)) continue;
      const Mapping* used = nullptr;
      f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
        if (m.ctx == ctx) used = &m;
      });
      if (!used) continue;
      bool busy = false;
      for (const Job& job : ctx->jobs) {
        if (job.at.time + Mirror::kClockSlack >= f.entry->at.time) continue;
        busy = true;
        suspects_.add(e.h, job.job, since_promised(ctx, job.at.time), {{job.at, "the work was armed"}, {f.entry->at, "the invalidation began"}},
                      fmt::format("{} ({}) has started and work {} that may use {} has not completed",
                                  range_text(e.start, e.end), reason_text(e.reason), hex(job.job),
                                  range_text(used->start, used->end)));
      }
      if (!busy) judge.held();
    }
  }

  void on(const ev_job_end& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.job, judge); }
  void on(const ev_job_begin&, const Facts&, Judge&) {}
};

RULE(ord_21_job_in_flight, JobInFlight,
     {.id = "ORD-21",
      .name = "job_in_flight",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the start of an invalidation has returned 0, all work that was armed before it on an object that maps the range has "
              "completed, if its driver promises to wait for fences",
      .because = "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c, amdgpu_hmm_invalidate_gfx(): dma_resv_wait_timeout(..., "
                 "DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT)",
      .not_claimed = "drivers that unmap, pin or stop queues; work on objects that do not map the range",
      .look_at = "which fences the callback waits for, and whether its wait can be interrupted",
      .also = {EV_inv_start, EV_dev_ctx, EV_dev_map, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
