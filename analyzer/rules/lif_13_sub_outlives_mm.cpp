// SPDX-License-Identifier: Apache-2.0
// LIF-13: when the last reference of an mm goes, no notifier is left in it.
#include <algorithm>
#include <vector>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

// The kernel's own lists say it, whatever was recorded of inserts and removals: those that are known are named.
class SubOutlivesMm final : public RuleOf<SubOutlivesMm> {
 public:
  void on(const ev_mm_end& e, const Facts& f, Judge& judge) {
    if (!e.subs) return;  // no notifier was ever in it
    if (!e.list && !e.itree && !e.deferred) return judge.held();
    std::vector<Evidence> evidence;
    if (f.mm)
      f.mm->subs.overlapping(0, UINT64_MAX, [&](const Sub& s) {
        if (s.inserted && !s.removed && evidence.size() < kNamed)
          evidence.push_back({s.inserted, fmt::format("the sub of {} was inserted", range_text(s.start, s.last + 1))});
      });
    std::sort(evidence.begin(), evidence.end(), [](const Evidence& a, const Evidence& b) { return a.event.time < b.event.time; });
    judge.broken(e.h, e.h.time, std::move(evidence),
                 fmt::format("the mm is about to be freed and {} not empty: whoever removes what is left writes to freed memory",
                             e.itree      ? "its tree of interval notifiers is"
                             : e.deferred ? "the list of interval notifiers that wait for its tree is"
                                          : "its list of mmu_notifiers is"));
  }

 private:
  static constexpr size_t kNamed = 4;
};

RULE(lif_13_sub_outlives_mm, SubOutlivesMm,
     {.id = "LIF-13",
      .name = "sub_outlives_mm",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the last reference of an mm is dropped, its list of mmu_notifiers and its tree of interval notifiers are empty",
      .because = "mm/mmu_notifier.c, __mmu_notifier_register() and __mmu_interval_notifier_insert(): mmgrab() for every notifier, mmdrop() when it "
                 "is gone; __mmu_notifier_subscriptions_destroy(): BUG_ON(!hlist_empty(&mm->notifier_subscriptions->list))",
      .not_claimed = "a reference that is never dropped: the mm is then never freed; that the notifiers left are those named",
      .look_at = "who dropped a reference of the mm that it did not have",
      .also = {}})

}  // namespace mirrorscope::rules
