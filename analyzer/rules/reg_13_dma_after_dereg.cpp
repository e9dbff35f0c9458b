// SPDX-License-Identifier: Apache-2.0
// REG-13: a device does not access memory through a registration that is over.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class DmaAfterDereg final : public SuspectingRule<DmaAfterDereg> {
 public:
  void on(const ev_reg& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }

  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    const Registration* r = f.registration;
    // made before recording, or another object on the same address whose making no hook sees (dma-buf)
    if (!r || !f.mm || r->mm_generation != f.mm->generation || e.start < r->start || e.end > r->end) return judge.unknown();
    if (!r->ended) return judge.held();
    suspects_.settle(e.h.time, judge);
    if (e.h.time <= r->ended.time + Mirror::kClockSlack) return judge.unknown();
    suspects_.add(e.h, e.ctx, r->begun.time, {{r->begun, "registered"}, {r->ended, "the registration ended"}},
                  fmt::format("the device accesses {} through registration {}, which is over",
                              range_text(e.start, e.end), hex(e.ctx)));
  }
};

RULE(reg_13_dma_after_dereg, DmaAfterDereg,
     {.id = "REG-13",
      .name = "dma_after_dereg",
      .level = Level::hard,
      .party = Party::driver,
      .says = "no access of the device begins on a registration after it ended",
      .because = "drivers/infiniband/sw/rxe/rxe_mr.c, rxe_mr_cleanup() releases the umem and unpins its pages: they "
                 "may be anyone's then",
      .not_claimed = "accesses that began before the end, or outside of the registered range; registrations made "
                     "before recording; one "
                     "object used again by a new registration",
      .look_at = "the references that an access in flight holds on the registration",
      .also = {EV_dereg}})

}  // namespace mirrorscope::rules
