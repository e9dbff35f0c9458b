// SPDX-License-Identifier: Apache-2.0
// ORD-11: nothing of a range is mapped between the start and the end of its invalidation.
#include "analyzer/open_regions.h"
#include "analyzer/rule.h"
#include "analyzer/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class MappedInside final : public RuleOf<MappedInside> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx) return;
    suspects_.settle(e.h.time, judge);
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!discipline) return judge.unknown();
    if (*discipline == Discipline::pin || *discipline == Discipline::shared_table || gates_work(discipline)) return;
    const Region* r = open_over(*mirror_, *f.mm, *f.ctx, e.start, e.end, e.h.time);
    if (!r) return judge.held();
    suspects_.add(e.h, r->range, r->returned.time, {{r->returned, "the invalidation had started"}},
                  fmt::format("{} is mapped while {} ({}) is being invalidated: the device gets pages that are given away",
                              range_text(e.start, e.end), range_text(r->start, r->end), reason_text(r->reason)));
  }

  void on(const ev_inv_end& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.range, judge); }
  void finish(uint64_t, const Mirror&, Judge& judge) override { suspects_.settle(UINT64_MAX, judge); }
  void attach(const Mirror& mirror) override { mirror_ = &mirror; }

 private:
  const Mirror* mirror_ = nullptr;
  Suspects suspects_;
};

RULE(ord_11_mapped_inside, MappedInside,
     {.id = "ORD-11",
      .name = "mapped_inside",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a device is given no translation of a range between the start and the end of an invalidation of it",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() waits for the end; include/linux/mmu_notifier.h, "
                 "invalidate_range_start() \"no new SPTEs\" until the end",
      .not_claimed = "drivers that pin, share the CPU's page table, or keep translations and gate work (SEQ-13); the device's own migrations; that the page had been changed by "
                     "then",
      .look_at = "where the pages came from: a lookup that began before the start, or one without read_begin",
      .also = {EV_inv_start_ret, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
