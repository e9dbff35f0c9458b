// SPDX-License-Identifier: Apache-2.0
// REG-03: a pin that lasts is long-term, or a notifier ends it.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class LongPin final : public RuleOf<LongPin> {
 public:
  void on(const ev_page_release& e, const Facts& f, Judge& judge) {
    if (e.hold != MS_hold_pin || !f.has_hold || f.hold.longterm) return;
    if (e.h.time < f.hold.at.time + kLong) return judge.held();
    bool watched = mirror_->watched_by_list(e.h.mm);
    if (f.mm && e.end > e.start)
      f.mm->subs.overlapping(e.start, e.end - 1, [&](const Sub&) { watched = true; });
    if (watched) return judge.held();
    judge.broken(e.h, f.hold.at.time, {{f.hold.at, "pinned without FOLL_LONGTERM"}},
                 fmt::format("{} was pinned for {} s without FOLL_LONGTERM and without a notifier: it blocks CMA and hot-unplug",
                             range_text(e.start, e.end), (e.h.time - f.hold.at.time) / 1'000'000'000));
  }

  void on(const ev_page_hold&, const Facts&, Judge&) {}

 private:
  static constexpr uint64_t kLong = 10'000'000'000;  // ns
};

RULE(reg_03_long_pin, LongPin,
     {.id = "REG-03",
      .name = "long_pin",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "a pin that lasts 10 s or more has FOLL_LONGTERM, or a notifier watches its addresses",
      .because = "Documentation/core-api/pin_user_pages.rst, cases 2 and 3; mm/gup.c, __gup_longterm_locked() moves pages out of movable "
                 "zones first",
      .not_claimed = "pins that are still held at the end; that the notifier is this driver's",
      .look_at = "the gup_flags of the pin",
      .also = {EV_sub_insert_ret, EV_mn_register_ret}})

}  // namespace mirrorscope::rules
