// SPDX-License-Identifier: Apache-2.0
// LIF-05: mmu_interval_notifier_remove() returns soon.
#include "analyzer/rule.h"
#include "analyzer/state/never_returned.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SlowRemove final : public RuleOf<SlowRemove> {
 public:
  void on(const ev_sub_remove_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_entry) return judge.unknown();
    const uint64_t took = e.h.time - f.entry->at.time;
    if (took <= kTooLong) return judge.held();
    judge.broken(e.h, f.entry->at.time, {{f.entry->at, "the remove was entered"}},
                 fmt::format("the remove of sub {} took {}.{} s: an episode of this mm stayed open that long",
                             hex(e.sub), took / 1'000'000'000, took / 100'000'000 % 10),
                 f.sub ? f.sub->fn : 0);
  }

  void finish(uint64_t end, const Mirror& mirror, Judge& judge) override {
    never_returned(mirror, {EV_sub_remove}, kTooLong, end, [&](const ev_header& h, const Call& c, uint64_t ns) {
      judge.never_came(h, h.time, end, {},
                   fmt::format("the remove of sub {} has not returned when the recording ends, {} s later: an episode of this mm does not end",
                               hex(c.key), ns / 1'000'000'000));
    });
  }

 private:
  static constexpr uint64_t kTooLong = 2'000'000'000;  // ns
};

RULE(
    lif_05_slow_remove, SlowRemove,
    {.id = "LIF-05",
     .name = "slow_remove",
     .level = Level::hazard,
     .party = Party::core,
     .says = "mmu_interval_notifier_remove() returns within 2 s, and before the recording ends if it was entered so long before",
     .because = "mm/mmu_notifier.c, mmu_interval_notifier_remove() waits until invalidate_seq changes: that long some "
                "invalidation of the mm "
                "was open",
     .not_claimed = "whose fault it is: a callback that waits, a machine that stood still",
     .look_at = "the invalidations of this mm that were open in the meantime (mirrorscope dump), and ORD-01 and ORD-03",
     .also = {EV_sub_remove}})

}  // namespace mirrorscope::rules
