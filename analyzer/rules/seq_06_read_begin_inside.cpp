// SPDX-License-Identifier: Apache-2.0
// SEQ-06: read_begin is not called by a task that is itself in the middle of an invalidation of that mm.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class ReadBeginInside final : public RuleOf<ReadBeginInside> {
 public:
  void on(const ev_read_begin& e, const Facts& f, Judge& judge) {
    const Call* w = f.within;
    if (w && (w->at.id == EV_inv_start || w->at.id == EV_mm_release)) {
      if (w->assumed && !f.task->seen_idle) return judge.unknown();
      return judge.broken(e.h, w->at.time, {{w->at, "the invalidation"}},
                          "read_begin inside an invalidation of the same mm: it waits for the end that this very task must bring");
    }
    for (const Region& r : f.task->regions)
      if (r.mm == e.h.mm && e.sub_seq == e.seq)
        return judge.broken(e.h, r.started.time, {{r.started, "the invalidation"}, {r.returned, "open since here"}},
                            fmt::format("read_begin waits for sequence {} to end, and this task holds {} open", e.seq,
                                        range_text(r.start, r.end)));
    judge.held();
  }
};

RULE(seq_06_read_begin_inside, ReadBeginInside,
     {.id = "SEQ-06",
      .name = "read_begin_inside",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a task does not call read_begin while it is inside a start or a release of the same mm",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() waits until mn_itree_inv_end() of the last active range; the lockdep "
                 "map __mmu_notifier_invalidate_range_start_map there",
      .not_claimed = "tasks that wait for one another in a ring",
      .look_at = "the callback: what it calls must not fault pages of the mm that is being invalidated",
      .also = {EV_inv_start, EV_inv_start_ret, EV_inv_end, EV_inv_end_ret, EV_mm_release, EV_mm_release_ret}})

}  // namespace mirrorscope::rules
