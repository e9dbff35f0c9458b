// SPDX-License-Identifier: Apache-2.0
// REG-10: who gets fewer pages than he asked for goes on behind them or gives back exactly those.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class ShortPinIgnored final : public RuleOf<ShortPinIgnored> {
 public:
  void on(const ev_pin& e, const Facts& f, Judge& judge) {
    if (!f.has_short_pin) return;
    const bool goes_on = e.start / kPage == f.short_pin.start / kPage + f.short_pin.got;
    goes_on ? judge.held() : judge.unknown();
  }

  void on(const ev_unpin& e, const Facts& f, Judge& judge) {
    if (!f.has_short_pin) return;
    const ShortPin& pin = f.short_pin;
    const bool by_array = e.call == MS_pin_call_unpin_user_pages || e.call == MS_pin_call_unpin_user_pages_dirty_lock;
    // without an mm it is an interrupt, on behalf of another task
    if (!by_array || !e.h.mm || e.pages != pin.pages || pin.array_reused || e.h.time - pin.at.time > kAtOnce)
      return judge.unknown();
    if (e.npages == pin.got) return judge.held();
    // unpin_user_pages() passes over empty slots: only more pages than were got are too many
    if (e.npages < pin.got || e.sampled <= pin.got) return judge.unknown();
    judge.broken(e.h, pin.at.time, {{pin.at, "the short pin"}},
                 fmt::format("{} of {} pages were pinned at {}, {} are given back: the others are not the caller's",
                             pin.got, pin.asked, hex(pin.start), e.npages));
  }

 private:
  static constexpr uint64_t kPage = 4096;
  static constexpr uint64_t kAtOnce = 1'000'000;  // ns; later the array may be another one on the same address
};

RULE(reg_10_short_pin_ignored, ShortPinIgnored,
     {.id = "REG-10",
      .name = "short_pin_ignored",
      .level = Level::hard,
      .party = Party::driver,
      .says = "after a short pin the caller goes on behind the pages it got, or gives back exactly those",
      .because = "mm/gup.c, pin_user_pages_fast() \"may be fewer than the number requested\"; unpin_user_pages() takes "
                 "what it is told",
      .not_claimed = "callers that keep the short result, or give it back page by page, in parts or later",
      .look_at = "the branch on the result of pin_user_pages*(): it must use the number of pages returned, not the one "
                 "asked for",
      .also = {EV_pin_ret}})

}  // namespace mirrorscope::rules
