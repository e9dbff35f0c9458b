// SPDX-License-Identifier: Apache-2.0
// REG-27: a pin that gets no page is not simply tried again.
#include "analyzer/state/rows.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class PinsNothing final : public RuleOf<PinsNothing> {
 public:
  void on(const ev_pin_ret& e, const Facts&, Judge& judge) {
    if (!e.npages) return;
    if (e.ret) {
      judge.held();
      rows_.erase(e.h.tid);
      return;
    }
    Row& row = rows_.of(e.h.tid, judge);
    const uint64_t mm = mirror_->generation_of(e.h.mm);
    if (row.mm != mm || row.start != e.start) row = {mm, e.start, 0, EventRef::of(e.h)};
    if (++row.times != kTimes) return;
    judge.broken(e.h, row.first.time, {{row.first, "the first of these pins"}},
                 fmt::format("{} pages at {} were pinned {} times in a row in {} ms and not one was got: 0 is neither an error nor a page, and who "
                             "waits for either waits for ever",
                             e.npages, hex(e.start), row.times, (e.h.time - row.first.time) / 1'000'000));
  }

 private:
  static constexpr uint32_t kTimes = 64;

  struct Row {
    uint64_t mm = 0, start = 0;  // mm: its generation
    uint32_t times = 0;
    EventRef first;
  };
  Rows<uint32_t, Row, 4096> rows_;  // by task: its pins that got nothing, since one that did or failed
};

RULE(reg_27_pins_nothing, PinsNothing,
     {.id = "REG-27",
      .name = "pins_nothing",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "a task pins the same address less than 64 times in a row without a page or an error",
      .because = "mm/gup.c, pin_user_pages_fast() \"Returns number of pages pinned. This may be fewer than the number requested\": a loop that adds up "
                 "what it got has to end at 0 as it does at an error",
      .not_claimed = "why nothing was got; pins that were asked for no page",
      .look_at = "the loop around pin_user_pages*() and its test of the result: <= 0, not < 0",
      .also = {EV_pin}})

}  // namespace mirrorscope::rules
