// SPDX-License-Identifier: Apache-2.0
// ORD-15: after a change of protection has started, no device writes through a translation that was made before.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class WriteAfterProtect final : public SuspectingRule<WriteAfterProtect> {
 public:
  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!e.write || !f.mm || !f.ctx || e.end <= e.start || !f.mm->mappings.size()) return;
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!discipline || *discipline == Discipline::pin || *discipline == Discipline::shared_table) return;
    const Mapping* old = nullptr;
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      if (m.ctx == f.ctx && m.downgraded && m.downgraded.time + Mirror::kClockSlack < e.h.time) old = &m;
    });
    if (!old) return judge.held();
    suspects_.add(e.h, e.ctx, since_promised(f.ctx, old->begun.time),
                  {{old->begun, "mapped for writing"}, {old->downgraded, "a change of protection had started"}},
                  fmt::format("the device writes {} through a translation that is older than the change of protection: it writes "
                              "to what is read-only, or shared, by now",
                              range_text(e.start, e.end)));
  }

  void on(const ev_dev_map& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(ord_15_write_after_protect, WriteAfterProtect,
     {.id = "ORD-15",
      .name = "write_after_protect",
      .level = Level::hard,
      .party = Party::driver,
      .says = "once the start of a change of protection has returned, no access that writes begins through a translation that was made "
              "before it and has not been made anew",
      .because = "mm/mprotect.c, change_pud_range(); mm/memory.c, copy_page_range() makes pages copy-on-write under a "
                 "MMU_NOTIFY_PROTECTION_PAGE start",
      .not_claimed = "drivers that pin; reads; a change that takes no right away, which a driver need not tell from one that does",
      .look_at = "events that the callback leaves out because nothing is unmapped",
      .also = {EV_inv_start, EV_inv_start_ret, EV_dev_unmap, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
