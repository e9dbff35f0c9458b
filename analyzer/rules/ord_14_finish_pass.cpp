// SPDX-License-Identifier: Apache-2.0
// ORD-14: every finish that a start pass handed out runs once, after all start passes, before the start returns.
#include <algorithm>

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FinishPass final : public SuspectingRule<FinishPass> {
 public:
  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) {
    if (!f.within || !f.within->finish_seen) return;
    judge.broken(e.h, f.within->at.time, {{f.within->at, "the start"}}, "a start pass runs after a finish pass of the same start", e.fn);
  }

  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.within) return;
    const auto& promised = f.within->promised;  // only where its pass has a probe
    if (!e.finish || std::find(promised.begin(), promised.end(), e.finish) == promised.end()) return;
    Out* twice = out_.find([&](const Out& o) { return o.finish == e.finish; });
    if (!twice) {
      out_.add({e.finish, f.within->frame, EventRef::of(e.h)});
      return;
    }
    if (twice->start != f.within->frame && twice->at.time + Mirror::kClockSlack < e.h.time)
      suspects_.add(e.h, e.finish, twice->at.time, {{twice->at, "another start was handed it out and has not run it"}},
                    fmt::format("finish {} is handed out a second time: it is in two lists", hex(e.finish)), e.fn);
    *twice = {e.finish, f.within->frame, EventRef::of(e.h)};
  }

  void on(const ev_cb_finish& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.finish, judge);
    out_.take_all([&](const Out& o) { return o.finish == e.finish; });
    if (!f.within || f.within->assumed) return;
    if (f.finish_was_promised) return judge.held();
    judge.broken(e.h, f.within->at.time, {{f.within->at, "the start"}},
                 fmt::format("finish {} runs in a start in which no pass handed it out, or for the second time", hex(e.finish)), e.fn);
  }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) { all_done(e.h, f, judge); }
  void on(const ev_mm_release_ret& e, const Facts& f, Judge& judge) { all_done(e.h, f, judge); }

 private:
  struct Out {
    uint64_t finish, start;  // frame of the call that collects it
    EventRef at;
  };
  History<Out, 256> out_;  // handed out and not run

  void all_done(const ev_header& h, const Facts& f, Judge& judge) {
    if (!f.entry) return;
    out_.take_all([&](const Out& o) { return o.start == f.entry->frame; });
    for (uint64_t finish : f.entry->promised)
      judge.broken(h, f.entry->at.time, {{f.entry->at, "the start"}},
                   fmt::format("finish {} was handed out and has not run: what it should wait for is still using the range", hex(finish)));
  }
};

RULE(ord_14_finish_pass, FinishPass,
     {.id = "ORD-14",
      .name = "finish_pass",
      .level = Level::hard,
      .party = Party::core,
      .says = "every finish that an invalidate_start handed out runs exactly once, after all start passes and before the "
              "start returns; until then nobody hands it out again",
      .because = "mm/mmu_notifier.c, mn_itree_finish_pass(); include/linux/mmu_notifier.h, struct mmu_interval_notifier_finish \"a notifier callback "
                 "can be invoked in parallel, and each invocation needs its own\"",
      .not_claimed = "what the finish waits for",
      .look_at = "whether one embedded struct mmu_interval_notifier_finish is handed out by two invalidations at a time",
      .also = {EV_inv_start, EV_mm_release}})

}  // namespace mirrorscope::rules
