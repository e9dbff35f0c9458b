// SPDX-License-Identifier: Apache-2.0
// VMA-10: a process does not unmap the addresses that it has reserved for a driver.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class HoleUnmapped final : public RuleOf<HoleUnmapped> {
 public:
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    if (!f.mm || f.mm->ctxs.empty() || e.reason != MS_reason_unmap || f.mm->releasing || e.end == UINT64_MAX) return;
    for (const Ctx* ctx : f.mm->ctxs) {
      if (!ctx->hole_end) continue;
      if (e.end <= ctx->hole_start || ctx->hole_end <= e.start) {
        judge.held();
        continue;
      }
      judge.broken(e.h, ctx->begun.time, {{ctx->begun, "the object was made"}},
                   fmt::format("{} is unmapped, and with it a part of {}, which is reserved for a device: whatever is mapped there next "
                               "has two meanings",
                               range_text(e.start, e.end), range_text(ctx->hole_start, ctx->hole_end)));
    }
  }

  void on(const ev_dev_hole&, const Facts&, Judge&) {}
};

RULE(vma_10_hole_unmapped, HoleUnmapped,
     {.id = "VMA-10",
      .name = "hole_unmapped",
      .level = Level::hazard,
      .party = Party::application,
      .says = "a process leaves the addresses alone that it has reserved for a driver's own use, as long as that mirrors it",
      .because = "drivers/gpu/drm/nouveau/nouveau_svm.c, nouveau_svmm_init(): unmanaged; its callback clips, nothing enforces the "
                 "reservation",
      .not_claimed = "that something is mapped there afterwards; the end of the process",
      .look_at = "who unmapped it (the stack); a driver would have to end the mirroring",
      .also = {EV_dev_ctx, EV_mm_release}})

}  // namespace mirrorscope::rules
