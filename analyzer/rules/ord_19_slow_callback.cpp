// SPDX-License-Identifier: Apache-2.0
// ORD-19: callbacks are quick: whoever changes the address space waits for them.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SlowCallback final : public RuleOf<SlowCallback> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "a callback"); }
  void on(const ev_cb_finish_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "a finish pass"); }
  void on(const ev_hl_start_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "an invalidate_range_start op"); }
  void on(const ev_hl_end_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "an invalidate_range_end op"); }

 private:
  static constexpr uint64_t kSlow = 10'000'000;  // ns

  template <typename Ev>
  static void took(const Ev& e, const Facts& f, Judge& judge, std::string_view what) {
    if (!f.has_entry) return judge.unknown();
    const uint64_t ns = e.h.time - f.entry->at.time;
    if (ns <= kSlow) [[likely]]
      return judge.held();
    judge.broken(e.h, f.entry->at.time, {{f.entry->at, "it was entered"}},
                 fmt::format("{} took {} ms: munmap, reclaim or COW waited for it", what, ns / 1'000'000), e.fn);
  }
};

RULE(ord_19_slow_callback, SlowCallback,
     {.id = "ORD-19",
      .name = "slow_callback",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a callback returns within 10 ms",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() and mn_hlist_invalidate_range_start() call one after the other, in the task "
                 "that unmaps or reclaims",
      .not_claimed = "why it took long: the time includes what the CPU did for others",
      .look_at = "what the callback waits for: fences, a lock that is held across a page fault, a device that answers late",
      .also = {EV_cb_enter},
      .any_event = true})

}  // namespace mirrorscope::rules
