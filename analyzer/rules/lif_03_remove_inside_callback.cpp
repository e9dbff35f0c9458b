// SPDX-License-Identifier: Apache-2.0
// LIF-03: nobody removes an interval notifier, or unregisters an mmu_notifier, from inside a callback.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class RemoveInsideCallback final : public RuleOf<RemoveInsideCallback> {
 public:
  void on(const ev_sub_remove& e, const Facts& f, Judge& judge) {
    const Call* in = f.within;
    if (!in || in->at.id == EV_inv_end) return judge.held();
    if (in->assumed) return judge.unknown();
    // a release op runs when the tree is done: nothing waits for it
    if (in->at.id == EV_mm_release && (in->subs_called.empty() || in->itree_end_seen)) return judge.unknown();
    judge.broken(e.h, in->at.time, {{in->at, in->at.id == EV_inv_start ? "the start" : "the release"}},
                 fmt::format("mmu_interval_notifier_remove() of {} inside an invalidation of the same mm by the same "
                             "task: it waits for the "
                             "end of what it is part of",
                             hex(e.sub)));
  }

  void on(const ev_mn_unregister& e, const Facts& f, Judge& judge) {
    const Call* outer = nullptr;  // what runs ops under SRCU, and
    const Call* op = nullptr;     // the op
    for (const Call& c : f.task->calls) {
      if (c.at.seq == e.h.seq && c.at.cpu == e.h.cpu) break;  // this very call
      const uint16_t id = c.at.id;
      if (id == EV_inv_start || id == EV_inv_end || id == EV_mm_release || id == EV_mn_unregister) outer = &c;
      if (outer && (id == EV_hl_start || id == EV_hl_end || id == EV_hl_release)) op = &c;
    }
    if (!op) return judge.held();
    if (outer->assumed) return judge.unknown();
    judge.broken(
        e.h, outer->at.time, {{outer->at, "ops run under SRCU from here"}, {op->at, "the op"}},
        fmt::format(
            "mmu_notifier_unregister() of {} inside an op: synchronize_srcu() waits for the section it is called in",
            hex(e.sub)));
  }
};

RULE(lif_03_remove_inside_callback, RemoveInsideCallback,
     {.id = "LIF-03",
      .name = "remove_inside_callback",
      .level = Level::hard,
      .party = Party::driver,
      .says = "no interval notifier is removed and no mmu_notifier unregistered from inside a callback of the same mm",
      .because = "mm/mmu_notifier.c, mmu_interval_notifier_remove() \"It cannot be called from any ops callback\"; "
                 "mmu_notifier_unregister() "
                 "calls synchronize_srcu() and ops run inside srcu_read_lock()",
      .not_claimed = "mmu_notifier_put() and an insert, which are allowed there; a remove from a release op",
      .look_at = "what the callback calls: the last reference of the object may be dropped there",
      .also = {EV_inv_start, EV_inv_start_ret, EV_inv_end, EV_inv_end_ret, EV_mm_release, EV_mm_release_ret,
               EV_itree_end, EV_mn_unregister_ret}})

}  // namespace mirrorscope::rules
