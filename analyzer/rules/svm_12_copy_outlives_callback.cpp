// SPDX-License-Identifier: Apache-2.0
// SVM-12: a copy is complete before the bus addresses that it uses are given back.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

// drm_pagemap gives them back as soon as copy_to_devmem() or copy_to_ram() has returned: what is still under way by then shows that the
// callback did not wait. MIG-06 asks later, at the finalize.
class CopyOutlivesCallback final : public SuspectingRule<CopyOutlivesCallback> {
 public:
  void on(const ev_copy_begin& e, const Facts&, Judge&) {
    copies_.add({e.ctx, e.args, e.start, e.end, e.from, e.to, EventRef::of(e.h)});
  }

  void on(const ev_copy_end& e, const Facts&, Judge& judge) {
    copies_.take_all([&](const Copy& c) { return c.args == e.args && c.start == e.start; });
    suspects_.explain(e.h, e.args, judge);
  }

  void on(const ev_page_release& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.hold != MS_hold_dma) return;
    if (f.has_hold && f.hold.count > 1) return;  // another of its bus addresses stays
    for (const Copy& c : copies_) {
      if (c.ctx != e.ctx || c.at.time + Mirror::kClockSlack >= e.h.time) continue;
      const bool uses = e.pfn && (c.from || c.to) ? e.pfn == c.from || e.pfn == c.to : c.start < e.end && e.start < c.end;
      if (!uses) continue;
      return suspects_.add(e.h, c.args, c.at.time, {{c.at, "the copy began"}},
                           fmt::format("the bus address of {} is given back while the copy of {} goes on", range_text(e.start, e.end),
                                       range_text(c.start, c.end)));
    }
    copies_.forgot() ? judge.unknown() : judge.held();
  }

 private:
  struct Copy {
    uint64_t ctx, args, start, end, from, to;
    EventRef at;
  };
  History<Copy, 256> copies_;  // under way
};

RULE(svm_12_copy_outlives_callback, CopyOutlivesCallback,
     {.id = "SVM-12",
      .name = "copy_outlives_callback",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the callbacks that copy migrating pages return when the copy is complete: no bus address of it is given back before",
      .because = "drivers/gpu/drm/drm_pagemap.c, drm_pagemap_migrate_sys_to_dev(): drm_pagemap_migrate_unmap_pages() right behind "
                 "ops->copy_to_devmem(); drivers/gpu/drm/xe/xe_svm.c, xe_svm_copy() \"Wait for all copies to complete\", whose last fence is of all",
      .not_claimed = "that the copy succeeded; copies between two devices without a bus address of the system",
      .look_at = "the fence of the copy: who waits for it, and for the last one only or for all",
      .also = {EV_page_hold}})

}  // namespace mirrorscope::rules
