// SPDX-License-Identifier: Apache-2.0
// SEQ-07: read_begin does not wait long for invalidations to end.
#include "analyzer/rule.h"
#include "analyzer/state/never_returned.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class LongWait final : public RuleOf<LongWait> {
 public:
  void on(const ev_read_begin_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_entry) return judge.unknown();
    const uint64_t waited = e.h.time - f.entry->at.time;
    if (waited <= kLong) [[likely]]
      return judge.held();
    judge.broken(e.h, f.entry->at.time, {{f.entry->at, "read_begin was entered"}},
                 fmt::format("read_begin waited {} ms for sequence {} to end", waited / 1'000'000, e.ret), f.sub ? f.sub->fn : 0);
  }

  void finish(uint64_t end, const Mirror& mirror, Judge& judge) override {
    never_returned(mirror, {EV_read_begin}, kLong, end, [&](const ev_header& h, const Call& c, uint64_t ns) {
      judge.never_came(h, h.time, end, {},
                   fmt::format("read_begin with sequence {} in the sub has not returned when the recording ends, {} ms later: an invalidation of "
                               "this mm never ends, or stays counted (ORD-03)",
                               c.value, ns / 1'000'000));
    });
  }

 private:
  static constexpr uint64_t kLong = 100'000'000;  // ns
};

RULE(seq_07_long_wait, LongWait,
     {.id = "SEQ-07",
      .name = "long_wait",
      .level = Level::smell,
      .party = Party::driver,
      .says = "read_begin returns within 100 ms, and before the recording ends if it was entered so long before",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() waits until every active range of the mm has ended, not only those that "
                 "meet the sub",
      .not_claimed = "why it waited: a busy mm is enough, as is a CPU that was needed elsewhere; one that returned was no "
                     "deadlock",
      .look_at = "the invalidations that were open meanwhile, and the callbacks that were slow in them (ORD-19); the stack of the task if it "
                 "still waits",
      .also = {EV_read_begin}})

}  // namespace mirrorscope::rules
