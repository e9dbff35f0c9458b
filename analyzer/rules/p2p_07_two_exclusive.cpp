// SPDX-License-Identifier: Apache-2.0
// P2P-07: at most one device has exclusive access to a page.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class TwoExclusive final : public SuspectingRule<TwoExclusive> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (e.source != MS_page_source_exclusive || !f.mm || !f.ctx || e.end <= e.start) return;
    suspects_.settle(e.h.time, judge);
    const Mapping* other = nullptr;
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      if (m.ctx != f.ctx && m.source == MS_page_source_exclusive && m.begun.time + Mirror::kClockSlack < e.h.time) other = &m;
    });
    if (!other) return judge.held();
    suspects_.add(e.h, other->ctx->ptr, other->begun.time, {{other->begun, "the other device got it"}},
                  fmt::format("{} is mapped for exclusive access and {} has it too: atomics of the two are none",
                              range_text(e.start, e.end), hex(other->ctx->ptr)));
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(p2p_07_two_exclusive, TwoExclusive,
     {.id = "P2P-07",
      .name = "two_exclusive",
      .level = Level::hard,
      .party = Party::driver,
      .says = "before a device maps what make_device_exclusive() gave it, the device that had it before has unmapped it",
      .because = "mm/rmap.c, make_device_exclusive(): MMU_NOTIFY_EXCLUSIVE with the new owner; a driver may leave out only its own",
      .not_claimed = "mappings of other kinds beside it",
      .look_at = "the filter for MMU_NOTIFY_EXCLUSIVE in the callback of the first device",
      .also = {EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
