// SPDX-License-Identifier: Apache-2.0
// REG-15: an object that a notifier watches and that unmaps pins nothing.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class PinnedOnDemand final : public RuleOf<PinnedOnDemand> {
 public:
  void on(const ev_page_hold& e, const Facts& f, Judge& judge) {
    if (!f.ctx || promise(*f.ctx, *mirror_) != Discipline::unmap) return;
    if (e.hold != MS_hold_pin) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the object promised to unmap"}},
                 fmt::format("{} is pinned by {}, which follows the page table: reclaim and migration fail on it for nothing",
                             range_text(e.start, e.end), hex(e.ctx)));
  }
};

RULE(reg_15_pinned_on_demand, PinnedOnDemand,
     {.id = "REG-15",
      .name = "pinned_on_demand",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an object that unmaps on invalidation holds no FOLL_PIN on its pages",
      .because = "drivers/infiniband/core/umem_odp.c, ib_umem_odp_get(): pages are not pinned; Documentation/core-api/pin_user_pages.rst, "
                 "case 3",
      .not_claimed = "pins of others on the same pages",
      .look_at = "why both are needed",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
