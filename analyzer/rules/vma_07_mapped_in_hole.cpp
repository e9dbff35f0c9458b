// SPDX-License-Identifier: Apache-2.0
// VMA-07: a driver mirrors nothing of the addresses that it keeps for itself.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedInHole final : public RuleOf<MappedInHole> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.ctx || !f.ctx->hole_end) return;
    if (e.end <= f.ctx->hole_start || f.ctx->hole_end <= e.start) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the object was made"}},
                 fmt::format("{} is mapped inside {}, which the driver keeps for itself", range_text(e.start, e.end),
                             range_text(f.ctx->hole_start, f.ctx->hole_end)));
  }

  void on(const ev_dev_hole&, const Facts&, Judge&) {}
};

RULE(vma_07_mapped_in_hole, MappedInHole,
     {.id = "VMA-07",
      .name = "mapped_in_hole",
      .level = Level::hard,
      .party = Party::driver,
      .says = "nothing is mirrored inside the addresses that a driver manages itself",
      .because = "drivers/gpu/drm/nouveau/nouveau_svm.c, nouveau_svm_fault() clips to svmm->unmanaged",
      .not_claimed = "what becomes of the hole in the process: VMA-10",
      .look_at = "how a fault near the limit is clipped",
      .also = {}})

}  // namespace mirrorscope::rules
