// SPDX-License-Identifier: Apache-2.0
// SVM-15: a range that was removed is used no more.

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RangeAfterRemoval final : public RuleOf<RangeAfterRemoval> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    const auto is = [&](const Removed& r) { return r.range == e.range; };
    const Removed* gone = removed_.find(is);
    if (e.verb == MS_svm_verb_created) {
      if (gone) removed_.take(gone);
      return;
    }
    // said at the entry of what removes it: until that has the notifiers' lock, a callback may meet the range
    if (gone && driver_row(e.driver).removed_comes_early && (e.verb == MS_svm_verb_unmap_pages || e.verb == MS_svm_verb_set_unmapped))
      return;
    if (gone && gone->at.time + Mirror::kClockSlack < e.h.time)
      return judge.broken(e.h, gone->at.time, {{gone->at, "it was removed"}},
                          fmt::format("range {} is used after its removal: its memory may be gone", hex(e.range)));
    // one that is not known to live may be one whose removal was too long ago
    !gone && !f.range && removed_.forgot() ? judge.unknown() : judge.held();
    if (e.verb != MS_svm_verb_removed || gone) return;
    removed_.add({e.range, EventRef::of(e.h)});
  }

 private:
  struct Removed {
    uint64_t range;
    EventRef at;
  };
  History<Removed, 256> removed_;
};

RULE(svm_15_range_after_removal, RangeAfterRemoval,
     {.id = "SVM-15",
      .name = "range_after_removal",
      .level = Level::hard,
      .party = Party::driver,
      .says = "nothing is done with a range after drm_gpusvm_range_remove()",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_range_remove() drops the tree's reference: drm_gpusvm_range_put()",
      .not_claimed = "that somebody who holds a reference of his own does wrong by only reading it; ranges removed long ago",
      .look_at = "drm_gpusvm_range_get() before the lock is given back",
      .also = {}})

}  // namespace mirrorscope::rules
