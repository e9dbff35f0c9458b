// SPDX-License-Identifier: Apache-2.0
// SEQ-09: a sub is read_begun before the first fault with it.
#include <algorithm>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NoReadBegin final : public RuleOf<NoReadBegin> {
 public:
  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    if (!f.sub || !f.sub->inserted || !f.has_entry) return judge.unknown();
    if (f.sub->read_begun || f.has_section) [[likely]]
      return judge.held();
    // what another task read right before may, by the clocks, come right after
    if (f.entry->at.time + Mirror::kClockSlack >= e.h.time) return judge.unknown();
    judge.broken(e.h, std::min(f.sub->inserted.time, f.entry->at.time), {{f.sub->inserted, "the sub was inserted"}, {f.entry->at, "the first fault"}},
                 fmt::format("hmm_range_fault() for {} with sequence {}, and nobody has called read_begin on the sub: its insert may "
                             "still be deferred, and then no callback comes",
                             range_text(e.start, e.end), e.notifier_seq),
                 f.sub->fn);
  }
};

RULE(seq_09_no_read_begin, NoReadBegin,
     {.id = "SEQ-09",
      .name = "no_read_begin",
      .level = Level::hard,
      .party = Party::driver,
      .says = "between the insert of a sub and the first hmm_range_fault() with it, read_begin was called on it",
      .because = "mm/mmu_notifier.c, mmu_interval_notifier_insert() \"The caller must use the normal interval notifier read flow via "
                 "mmu_interval_read_begin() to establish SPTEs for this range\"",
      .not_claimed = "subs that were inserted before recording; drivers that get their pages another way (radeon_mn.c)",
      .look_at = "where the driver takes notifier_seq from",
      .also = {EV_sub_insert_ret, EV_range_fault, EV_read_begin_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
