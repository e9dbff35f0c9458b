// SPDX-License-Identifier: Apache-2.0
// ORD-01: every invalidation that started is ended once, by the same task, innermost first.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StartWithoutEnd final : public RuleOf<StartWithoutEnd> {
 public:
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) { not_ended(e.h, f, judge, "the same struct is started again"); }
  void on(const ev_inv_end_ret& e, const Facts& f, Judge& judge) { not_ended(e.h, f, judge, "an outer one is ended"); }
  void on(const ev_mm_exit_ret& e, const Facts& f, Judge& judge) { not_ended(e.h, f, judge, "the mm is gone"); }

  void on(const ev_inv_end& e, const Facts& f, Judge& judge) {
    not_ended(e.h, f, judge, "an outer one is ended");
    if (!f.region) {
      // the start may lie before the recording; a task shows no sign of being inside a region
      if (!f.task->seen_idle || !f.starts_all_seen) return judge.unknown();
      return judge.broken(e.h, e.h.time, {}, fmt::format("end of {} that this task never started", range_text(e.start, e.end)));
    }
    const Region& r = *f.region;
    if (r.start != e.start || r.end != e.end)
      return judge.broken(e.h, r.started.time, {{r.started, "started here"}},
                          fmt::format("started for {}, ended for {}", range_text(r.start, r.end), range_text(e.start, e.end)));
    judge.held();
  }

 private:
  static void not_ended(const ev_header& h, const Facts& f, Judge& judge, std::string_view why) {
    for (const Region& r : f.unended)
      judge.broken(h, r.started.time, {{r.started, "started here"}, {r.returned, "the start returned 0"}},
                   fmt::format("no end for the invalidation of {}, and {}", range_text(r.start, r.end), why));
  }
};

RULE(ord_01_start_without_end, StartWithoutEnd,
     {.id = "ORD-01",
      .name = "start_without_end",
      .level = Level::hard,
      .party = Party::core,
      .says = "every invalidation that started is ended exactly once, by the same task, innermost first",
      .because = "include/linux/mmu_notifier.h, invalidate_range_start()/end() must be paired; "
                 "mm/mmu_notifier.c, __mmu_notifier_invalidate_range_end()",
      .not_claimed = "regions open when recording began or ended; starts in an mm without subscriptions, which no probe sees",
      .look_at = "the caller of mmu_notifier_invalidate_range_start(): an error path that returns without the end",
      .also = {EV_inv_start_ret, EV_itree_end, EV_itree_end_ret}})

}  // namespace mirrorscope::rules
