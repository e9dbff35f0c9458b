// SPDX-License-Identifier: Apache-2.0
// SEQ-08: a fault gets through after few collisions and within a second.
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class RetryStorm final : public RuleOf<RetryStorm> {
 public:
  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_section) return judge.unknown();
    const Section& s = f.section;
    if (e.ret != -EBUSY) return s.collisions < kMany ? judge.held() : void();
    // once per row: when it becomes too many, and when it becomes too long
    const bool many = s.collisions + 1 == kMany;
    const bool too_long = e.h.time - s.first_try > kLong && (!s.collisions || s.faulted.time - s.first_try <= kLong);
    if (!many && !too_long) return;
    judge.broken(e.h, s.first_try, {{s.begun, "the last read_begin"}},
                 fmt::format("hmm_range_fault() for {} has collided {} times in {} ms", range_text(e.start, e.end), s.collisions + 1,
                             (e.h.time - s.first_try) / 1'000'000),
                 f.sub ? f.sub->fn : 0);
  }

 private:
  static constexpr uint32_t kMany = 16;
  static constexpr uint64_t kLong = 1'000'000'000;  // ns, HMM_RANGE_DEFAULT_TIMEOUT
};

RULE(seq_08_retry_storm, RetryStorm,
     {.id = "SEQ-08",
      .name = "retry_storm",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a fault collides less than 16 times in a row and gets through within a second",
      .because = "include/linux/hmm.h, HMM_RANGE_DEFAULT_TIMEOUT; mm/mmu_notifier.c, mmu_interval_read_begin() \"allows the caller to "
                 "provide a global time bound\"",
      .not_claimed = "retries after read_retry(), which no probe sees",
      .look_at = "what keeps invalidating the range, and whether the sub watches more than the driver uses",
      .also = {EV_read_begin_ret, EV_range_fault}})

}  // namespace mirrorscope::rules
