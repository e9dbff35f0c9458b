// SPDX-License-Identifier: Apache-2.0
// ORD-24: no access of a device begins in a range between the start and the end of its invalidation.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/open_regions.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class AccessInside final : public SuspectingRule<AccessInside> {
 public:
  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx) return;
    suspects_.settle(e.h.time, judge);
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!discipline) return judge.unknown();
    if (*discipline == Discipline::pin || *discipline == Discipline::shared_table) return;
    const Region* r = open_over(*mirror_, *f.mm, *f.ctx, e.start, e.end, e.h.time);
    if (!r || (only_protects(r->reason) && !e.write)) return judge.held();
    suspects_.add(e.h, r->range, since_promised(f.ctx, r->returned.time), {{r->returned, "the invalidation had started"}},
                  fmt::format("the device accesses {} while {} ({}) is being invalidated", range_text(e.start, e.end),
                              range_text(r->start, r->end), reason_text(r->reason)));
  }

  void on(const ev_inv_end& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.range, judge); }
};

RULE(ord_24_access_inside, AccessInside,
     {.id = "ORD-24",
      .name = "access_inside",
      .level = Level::hard,
      .party = Party::driver,
      .says = "no access of a device begins in a range between the start and the end of an invalidation of it",
      .because = "include/linux/mmu_notifier.h, invalidate_range_start(): what the device may use is gone when it returns, and comes back "
                 "after the end",
      .not_claimed = "drivers that pin or share the CPU's page table; the device's own migrations; reads, where only protection changes",
      .look_at = "what the device was given that lets it get there: a translation, a TLB entry, a job that was armed",
      .also = {EV_inv_start_ret, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
