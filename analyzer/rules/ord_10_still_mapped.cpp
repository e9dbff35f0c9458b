// SPDX-License-Identifier: Apache-2.0
// ORD-10: once an invalidation has started, a device that promises to unmap has no translation of the range left.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StillMapped final : public SuspectingRule<StillMapped> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !f.has_entry || !f.mm || !f.mm->mappings.size() || e.end <= e.start) return;
    const bool only_writes = only_protects(e.reason);
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      // what was mapped meanwhile is ORD-11's and SEQ-04's
      if (m.begun.time + Mirror::kClockSlack >= f.entry->at.time || (only_writes && !m.write)) return;
      const auto discipline = promise(*m.ctx, *mirror_);
      if (!discipline) return judge.unknown();
      if (*discipline != Discipline::unmap || is_own(*m.ctx, e.reason, e.owner)) return;
      if (suspects_.full(judge)) return;
      suspects_.add(e.h, m.ctx->ptr, since_promised(m.ctx, m.begun.time),
                    {{m.begun, "the device was given the pages"}, {f.entry->at, "the invalidation began"}},
                    fmt::format("{} ({}) has started and the device still maps {}: the pages may be anyone's now",
                                range_text(e.start, e.end), reason_text(e.reason), range_text(m.start, m.end)));
    });
  }

  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    if (f.gone.empty()) return;
    if (f.within && f.within->at.id == EV_inv_start) judge.held();
    suspects_.explain(e.h, e.ctx, judge);
  }

  void on(const ev_dev_map& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(ord_10_still_mapped, StillMapped,
     {.id = "ORD-10",
      .name = "still_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the start of an invalidation has returned 0, a device that promises to unmap holds no translation of the range "
              "that it held before",
      .because = "include/linux/mmu_notifier.h, struct mmu_interval_notifier_ops: invalidate; Documentation/mm/hmm.rst, \"the driver "
                 "must ... update the device page table\" before it returns",
      .not_claimed = "drivers that stop work or pin instead (ORD-20 to ORD-22); that the device's TLB was flushed, where flushes have "
                     "rows (ORD-23); its own migrations; changes of protection for what is read-only anyway; two-pass notifiers "
                     "before their finish",
      .look_at = "the callback: which part of the range does it leave out, and does it wait for what it asked for?",
      .also = {EV_inv_start, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
