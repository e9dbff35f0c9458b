// SPDX-License-Identifier: Apache-2.0
// HMM-11: hmm_range_fault() is called on an mm that still has users.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NoMmUsers final : public RuleOf<NoMmUsers> {
 public:
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) {
    if (e.mm_users > 0) [[likely]]
      return judge.held();
    judge.broken(e.h, e.h.time, {},
                 fmt::format("hmm_range_fault() for {} with mm_users {}: exit_mmap() takes the page tables away", range_text(e.start, e.end),
                             e.mm_users),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_11_no_mm_users, NoMmUsers,
     {.id = "HMM-11",
      .name = "no_mm_users",
      .level = Level::hard,
      .party = Party::driver,
      .says = "mm_users of the notifier's mm is above 0 when hmm_range_fault() is called",
      .because = "Documentation/mm/hmm.rst, \"if (!mmget_not_zero(interval_sub->notifier.mm)) return -EFAULT\"",
      .not_claimed = "that it is the caller who holds the reference",
      .look_at = "mmget_not_zero() before the fault: a sub holds mm_count only"})

}  // namespace mirrorscope::rules
