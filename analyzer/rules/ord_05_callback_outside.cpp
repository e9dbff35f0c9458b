// SPDX-License-Identifier: Apache-2.0
// ORD-05: an interval callback runs inside a start or a release of its mm, for a range that meets the sub.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class CallbackOutside final : public RuleOf<CallbackOutside> {
 public:
  // A call the mirror had to assume, of which no return ever came: the callback was not inside anything.
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) { refuted(e.h, f, judge); }
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) { refuted(e.h, f, judge); }
  void on(const ev_inv_end& e, const Facts& f, Judge& judge) { refuted(e.h, f, judge); }

  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) {
    if (!f.within || f.within->assumed) return judge.unknown();
    if (e.end <= e.sub_start || e.start > e.sub_last)
      return judge.broken(e.h, f.within->at.time, {{f.within->at, "the start"}},
                          fmt::format("called for {}, the sub covers {}", range_text(e.start, e.end),
                                      range_text(e.sub_start, e.sub_last + 1)),
                          e.fn);
    if (f.within->at.id == EV_inv_start && (f.within->start != e.start || f.within->end != e.end))
      return judge.broken(e.h, f.within->at.time, {{f.within->at, "the start"}},
                          fmt::format("called for {} inside a start for {}", range_text(e.start, e.end),
                                      range_text(f.within->start, f.within->end)),
                          e.fn);
    judge.held();
  }

 private:
  static void refuted(const ev_header& h, const Facts& f, Judge& judge) {
    if (!f.task->seen_idle) return;
    for (const Call* c : f.abandoned)
      if (c->assumed) outside(h, *c, judge);
  }
  static void outside(const ev_header& h, const Call& c, Judge& judge) {
    EventRef callback = c.at;
    callback.id = EV_cb_enter;
    judge.broken(h, c.at.time, {{callback, "the callback"}},
                 fmt::format("a callback for {} ran in a task that was inside no start and no release", range_text(c.start, c.end)));
  }
};

RULE(ord_05_callback_outside, CallbackOutside,
     {.id = "ORD-05",
      .name = "callback_outside",
      .level = Level::hard,
      .party = Party::core,
      .says = "an interval callback runs inside a start or a release of its mm, in the same task, for a range that meets the sub",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() and mn_itree_release()",
      .not_claimed = "callbacks of a task that was inside something when recording began; a driver that calls its own helper (xe "
                     "force_invalidate) is not inside a start",
      .look_at = "who called the callback",
      .also = {EV_mm_release, EV_mm_release_ret}})

}  // namespace mirrorscope::rules
