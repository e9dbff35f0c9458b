// SPDX-License-Identifier: Apache-2.0
// HMM-02: what is faulted lies within the sub, in whole pages, and the sub is live.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class RangeOutsideSub final : public RuleOf<RangeOutsideSub> {
 public:
  void on(const ev_range_fault& e, const Facts&, Judge& judge) {
    const bool whole = e.start % kPage == 0 && e.end % kPage == 0 && e.start < e.end;
    if (whole && e.start >= e.sub_start && e.end - 1 <= e.sub_last) [[likely]]
      return judge.held();
    judge.broken(e.h, e.h.time, {},
                 whole ? fmt::format("hmm_range_fault() for {}, the sub watches {}: nothing tells of invalidations outside",
                                     range_text(e.start, e.end), range_text(e.sub_start, e.sub_last + 1))
                       : fmt::format("hmm_range_fault() for {}, which is not one or more whole pages", range_text(e.start, e.end)));
  }

  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    if (!f.sub || !f.sub->removed || !f.has_entry) return;
    // the address may be in use again, and by the clocks that may come right after
    const uint64_t entered = f.entry->at.time;
    if (f.sub->removed.time + Mirror::kClockSlack >= entered || entered + Mirror::kClockSlack >= e.h.time) return judge.unknown();
    judge.broken(e.h, f.sub->removed.time, {{f.sub->removed, "the sub was removed"}, {f.entry->at, "the fault"}},
                 fmt::format("hmm_range_fault() for {} with a sub that was removed: nothing tells of invalidations any more",
                             range_text(e.start, e.end)),
                 f.sub->fn);
  }

 private:
  static constexpr uint64_t kPage = 4096;  // the smallest there is
};

RULE(hmm_02_range_outside_sub, RangeOutsideSub,
     {.id = "HMM-02",
      .name = "range_outside_sub",
      .level = Level::hard,
      .party = Party::driver,
      .says = "hmm_range_fault() gets one or more whole pages that lie within a notifier that is inserted and not removed",
      .because = "include/linux/hmm.h, struct hmm_range \"a mmu_interval_notifier that includes the start/end\"; mm/pagewalk.c, "
                 "walk_page_range()",
      .not_claimed = "faults with a sub that was removed within microseconds before",
      .look_at = "how the driver rounds the faulting address, and clips it to the notifier",
      .also = {EV_sub_insert_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
