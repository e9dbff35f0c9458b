// SPDX-License-Identifier: Apache-2.0
// SEQ-13: work is armed, and queues run again, only on translations whose sequence still stands.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StaleSubmission final : public RuleOf<StaleSubmission> {
 public:
  void on(const ev_job_begin& e, const Facts& f, Judge& judge) { goes(e.h, f, Discipline::fence, "work is armed", judge); }
  void on(const ev_resume& e, const Facts& f, Judge& judge) { goes(e.h, f, Discipline::quiesce, "the queues run again", judge); }

 private:
  void goes(const ev_header& h, const Facts& f, Discipline kind, const char* what, Judge& judge) {
    if (!f.mm || !f.ctx || !f.ctx->mappings || promise(*f.ctx, *mirror_) != kind) return;
    const Mapping* stale = nullptr;
    f.mm->mappings.each([&](const Mapping& m) {
      if (m.ctx == f.ctx && m.overtaken && m.overtaken.time + Mirror::kClockSlack < h.time) stale = &m;
    });
    if (!stale) return judge.held();
    const Sub* sub = mirror_->sub(stale->sub);
    judge.broken(h, since_promised(f.ctx, stale->begun.time),
                 {{stale->begun, "the translation was made"}, {stale->overtaken, "its sub's sequence had gone on"}},
                 fmt::format("{} and may use {}, which was invalidated since its pages were looked up", what,
                             range_text(stale->start, stale->end)),
                 sub ? sub->fn : 0);
  }
};

RULE(seq_13_stale_submission, StaleSubmission,
     {.id = "SEQ-13",
      .name = "stale_submission",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a driver that keeps its translations over an invalidation arms work, or lets queues run again, only when those that were "
              "invalidated have been made anew from pages that still stand",
      .because = "drivers/gpu/drm/amd/amdgpu/amdgpu_cs.c, amdgpu_cs_submit() \"If userptr are invalidated after "
                 "amdgpu_cs_parser_bos(), return -EAGAIN\"; amdgpu_amdkfd_gpuvm.c, confirm_valid_user_pages_locked()",
      .not_claimed = "drivers that unmap (SEQ-04) or pin (REG-06); that the work uses this translation; accesses of work that was armed "
                     "before",
      .look_at = "the last check before the submission, the lock it is made under, and who marks page tables for an update",
      .also = {EV_dev_ctx, EV_dev_map, EV_dev_unmap, EV_cb_ret}})

}  // namespace mirrorscope::rules
