// SPDX-License-Identifier: Apache-2.0
// LIF-01: inserts and removes of one interval notifier alternate.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class InsertUnpaired final : public SuspectingRule<InsertUnpaired> {
 public:
  void on(const ev_sub_insert_ret& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.sub, judge);
    if (e.ret != 0) return;
    if (!f.has_previous) return judge.held();
    // one that was only found in the tree, or is being removed, may have left it
    if (!f.previous.inserted || f.previous.removing) return judge.unknown();
    suspects_.add(
        e.h, e.sub, f.previous.inserted.time, {{f.previous.inserted, "the same struct was inserted"}},
        fmt::format("sub {} is inserted while it is still inserted over {}: the tree holds a node that was overwritten",
                    hex(e.sub), range_text(f.previous.start, f.previous.last + 1)),
        e.invalidate);
  }

  void on(const ev_sub_remove& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.sub, judge);
    if (!f.sub || f.sub->mm != e.h.mm || f.sub->reinserting) return judge.unknown();
    if (!f.sub->removed) return judge.held();
    if (f.sub->replaced_live) return judge.unknown();
    suspects_.add(
        e.h, e.sub, f.sub->removed.time, {{f.sub->inserted, "it was inserted"}, {f.sub->removed, "it was removed"}},
        fmt::format("sub {} is removed for the second time: the reference on the mm is dropped twice", hex(e.sub)),
        f.sub->fn);
  }
};

RULE(lif_01_insert_unpaired, InsertUnpaired,
     {.id = "LIF-01",
      .name = "insert_unpaired",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an interval notifier is removed once for every time it was inserted, and not inserted while it is",
      .because =
          "mm/mmu_notifier.c, mmu_interval_notifier_remove() \"must be paired with mmu_interval_notifier_insert()\"",
      .not_claimed = "notifiers that are still inserted at the end; those inserted before recording; one address used "
                     "again after a remove",
      .look_at = "the driver's error paths between insert and remove, and who frees the struct",
      .also = {EV_sub_insert, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
