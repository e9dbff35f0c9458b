// SPDX-License-Identifier: Apache-2.0
// SEQ-11: nobody maps what another task has looked up and not yet checked.
#include <algorithm>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UncheckedUse final : public RuleOf<UncheckedUse> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.sub || !f.task || e.source > MS_page_source_hmm_invalid) return;  // pages of a migration, a pin, ...
    const Section& s = f.section;
    if (f.has_section && s.fault_seen && s.fault_result == 0 && s.fault_start <= e.start && e.end <= s.fault_end)
      return judge.held();
    for (const Unchecked& u : f.sub->unchecked) {
      if (u.task == f.task->key || u.end <= e.start || e.end <= u.start) continue;
      return judge.broken(e.h, std::min(u.at.time, without_own_since(f)), {{u.at, "another task looked the pages up and has not compared sequences since"}},
                          fmt::format("{} is mapped from a lookup of another task that nobody has checked",
                                      range_text(e.start, e.end)),
                          f.sub->fn);
    }
  }

 private:
  // Since when it is known that this task has not looked up itself: what would have begun that may be lost.
  static uint64_t without_own_since(const Facts& f) {
    return std::max(f.has_section ? f.section.begun.time : 0, f.task->fault_entered());
  }
};

RULE(seq_11_unchecked_use, UncheckedUse,
     {.id = "SEQ-11",
      .name = "unchecked_use",
      .level = Level::hard,
      .party = Party::driver,
      .says = "what hmm_range_fault() gave one task is mapped by no other before the first has called read_retry()",
      .because = "include/linux/hmm.h, hmm_pfns: the results mean nothing until mmu_interval_read_retry() under the driver's lock; "
                 "Documentation/mm/hmm.rst",
      .not_claimed = "arrays that are shared where each task maps only what it has looked up itself; what is accessed without being mapped: ORD-26",
      .look_at = "who may read hmm_pfns while the lock is not held",
      .also = {EV_read_begin_ret, EV_range_fault_ret, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
