// SPDX-License-Identifier: Apache-2.0
// REG-01: a page that is pinned has a pin count, and none is given back that is not there.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class PinCountZero final : public RuleOf<PinCountZero> {
 public:
  void on(const ev_pin_ret& e, const Facts& f, Judge& judge) {
    if (e.ret <= 0 || e.sampled == 0) return;
    if (e.unpinned == 0) return judge.held();
    std::vector<Evidence> evidence;
    if (f.has_entry) evidence.push_back({f.entry->at, "the pin"});
    judge.broken(e.h, f.has_entry ? f.entry->at.time : e.h.time, std::move(evidence),
                 fmt::format("{} pages were pinned at {}, {} of {} sampled have a pin count of 0: somebody gave back a "
                             "pin that was not his",
                             e.ret, hex(e.start), e.unpinned, e.sampled));
  }

  void on(const ev_unpin& e, const Facts&, Judge& judge) {
    if (e.sampled == 0) return;
    if (e.unpinned == 0) return judge.held();
    judge.broken(e.h, e.h.time, {},
                 fmt::format("{} of {} sampled pages are unpinned although their pin count is already 0", e.unpinned,
                             e.sampled));
  }
};

RULE(reg_01_pin_count_zero, PinCountZero,
     {.id = "REG-01",
      .name = "pin_count_zero",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a page has a pin count right after pin_user_pages*() pinned it and right before unpin_user_page*() "
              "gives a pin back",
      .because = "mm/gup.c, try_grab_folio() and gup_put_folio() count pins per folio; sanity_check_pinned_pages() "
                 "says what an unpin "
                 "expects; the zero page is not counted",
      .not_claimed =
          "pins that are never given back; pages that were not sampled; that this caller is the one who miscounted",
      .look_at = "all owners of the page: one of them unpins what it got by get_user_pages(), or twice, or the head "
                 "for a tail"})

}  // namespace mirrorscope::rules
