// SPDX-License-Identifier: Apache-2.0
// HMM-06: nothing is mapped from a hmm_range_fault() that failed.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedAfterError final : public RuleOf<MappedAfterError> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    const Section& s = f.section;
    if (!e.sub || !f.has_section || !s.fault_seen || s.mapped || e.source > MS_page_source_hmm_invalid) return;
    if (e.end <= s.fault_start || s.fault_end <= e.start) return;
    if (s.fault_result == 0) return judge.held();
    judge.broken(e.h, s.begun.time, {{s.begun, "read_begin returned"}, {s.faulted, "hmm_range_fault() failed"}},
                 fmt::format("{} is mapped although hmm_range_fault() of {} returned {}", range_text(e.start, e.end),
                             range_text(s.fault_start, s.fault_end), s.fault_result),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_06_mapped_after_error, MappedAfterError,
     {.id = "HMM-06",
      .name = "mapped_after_error",
      .level = Level::hard,
      .party = Party::driver,
      .says = "after hmm_range_fault() returned an error its pages are not mapped; a new read_begin and a new lookup come first",
      .because = "mm/hmm.c, hmm_range_fault(): after an error entries may be results or still the caller's own input",
      .not_claimed = "pages from elsewhere than the last lookup of the same task",
      .look_at = "the error path of the loop around hmm_range_fault()",
      .also = {EV_read_begin_ret, EV_range_fault_ret}})

}  // namespace mirrorscope::rules
