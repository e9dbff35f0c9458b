// SPDX-License-Identifier: Apache-2.0
// LIF-02: no callback of an interval notifier runs after its remove returned.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class CallbackAfterRemove final : public SuspectingRule<CallbackAfterRemove> {
 public:
  void on(const ev_sub_insert& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.sub, judge); }

  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) {
    if (!f.sub) return judge.unknown();
    if (!f.sub->removed) return judge.held();
    late(e.h, f, judge, e.fn, f.sub->removed.time, "is called");
  }

  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    // entered before, left after: remove waits for the end of the episode in which it runs
    if (!f.sub || !f.sub->removed || !f.has_entry || f.entry->at.time > f.sub->removed.time) return;
    late(e.h, f, judge, e.fn, f.entry->at.time, "was still running");
  }

 private:
  void late(const ev_header& h, const Facts& f, Judge& judge, uint64_t fn, uint64_t from, std::string_view does) {
    suspects_.settle(h.time, judge);
    const Sub& sub = *f.sub;
    // a callback may come before the insert that put the same struct back has returned
    if (sub.reinserting || h.time <= sub.removed.time + Mirror::kClockSlack) return judge.unknown();
    suspects_.add(h, sub.ptr, from, {{sub.inserted, "the sub was inserted"}, {sub.removed, "its remove returned"}},
                  fmt::format("sub {} {} after mmu_interval_notifier_remove() returned: its memory may be gone",
                              hex(sub.ptr), does),
                  fn);
  }
};

RULE(lif_02_callback_after_remove, CallbackAfterRemove,
     {.id = "LIF-02",
      .name = "callback_after_remove",
      .level = Level::hard,
      .party = Party::core,
      .says = "no callback of an interval notifier begins or goes on after mmu_interval_notifier_remove() returned",
      .because = "mm/mmu_notifier.c, mmu_interval_notifier_remove() \"Once this returns ops callbacks are no longer "
                 "running on other CPUs and "
                 "will not be called in future\"",
      .not_claimed = "callbacks within 2 us of the return on another CPU; what a driver calls itself",
      .look_at = "who called the callback; mn_itree_inv_end() and the deferred list",
      .also = {EV_sub_insert_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
