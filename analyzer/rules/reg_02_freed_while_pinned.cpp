// SPDX-License-Identifier: Apache-2.0
// REG-02: the kernel frees no page that a device has pinned.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class FreedWhilePinned final : public SuspectingRule<FreedWhilePinned> {
 public:
  void on(const ev_page_free& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.page) return;
    for (const Hold& h : f.page->holds)
      if (h.hold != MS_hold_dma && h.at.time + Mirror::kClockSlack < e.h.time)
        suspects_.add(e.h, e.pfn, h.at.time, {{h.at, "the driver took its hold"}},
                      fmt::format("page {} is freed while {} holds it", hex(e.pfn), hex(h.ctx)));
  }

  void on(const ev_page_release& e, const Facts& f, Judge& judge) {
    if (f.has_hold) judge.held();
    suspects_.explain(e.h, e.pfn, judge);
  }

  void on(const ev_page_hold&, const Facts&, Judge&) {}
};

RULE(reg_02_freed_while_pinned, FreedWhilePinned,
     {.id = "REG-02",
      .name = "freed_while_pinned",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a page is not freed while a driver has a reference or a pin on it",
      .because = "mm/gup.c, try_grab_folio(): a pin is a reference; mm/page_alloc.c frees at reference count 0",
      .not_claimed = "who gave back one reference too many; pages whose number is not in the records",
      .look_at = "how often each page of a registration is given back: short pins, error paths, heads and tails of a folio",
      .also = {}})

}  // namespace mirrorscope::rules
