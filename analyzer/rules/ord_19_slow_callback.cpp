// SPDX-License-Identifier: Apache-2.0
// ORD-19: callbacks are quick: whoever changes the address space waits for them.
#include "analyzer/rule.h"
#include "analyzer/state/never_returned.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SlowCallback final : public RuleOf<SlowCallback> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "a callback"); }
  void on(const ev_cb_finish_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "a finish pass"); }
  void on(const ev_hl_start_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "an invalidate_range_start op"); }
  void on(const ev_hl_end_ret& e, const Facts& f, Judge& judge) { took(e, f, judge, "an invalidate_range_end op"); }

  void finish(uint64_t end, const Mirror& mirror, Judge& judge) override {
    never_returned(mirror, {EV_cb_enter, EV_cb_finish, EV_hl_start, EV_hl_end}, kSlow, end,
                   [&](const ev_header& h, const Call& c, uint64_t ns) {
                     judge.never_came(h, h.time, end, {},
                                  fmt::format("{} for {} ({}) has not returned when the recording ends, {} ms later: whoever changes these "
                                              "addresses, and every reader of this mm, waits for it",
                                              name(h.id), range_text(c.start, c.end), reason_text(c.reason), ns / 1'000'000),
                                  c.fn);
                   });
  }

 private:
  static std::string_view name(uint16_t id) {
    switch (id) {
      case EV_cb_enter: return "a callback";
      case EV_cb_finish: return "a finish pass";
      case EV_hl_start: return "an invalidate_range_start op";
      default: return "an invalidate_range_end op";
    }
  }

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
      .says = "a callback returns within 10 ms, and before the recording ends if it was entered so long before",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() and mn_hlist_invalidate_range_start() call one after the other, in the task "
                 "that unmaps or reclaims",
      .not_claimed = "why it took long: the time includes what the CPU did for others",
      .look_at = "what the callback waits for: a work queue whose worker needs a lock that the unmapping task holds, fences, a lock that is held across a page fault, a device that answers late",
      .also = {EV_cb_enter},
      .any_event = true})

}  // namespace mirrorscope::rules
