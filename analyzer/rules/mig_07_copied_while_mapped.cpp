// SPDX-License-Identifier: Apache-2.0
// MIG-07: a device does not map what is being copied.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CopiedWhileMapped final : public SuspectingRule<CopiedWhileMapped> {
 public:
  void on(const ev_copy_begin& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.mm || !f.ctx || e.end <= e.start || promise(*f.ctx, *mirror_) != Discipline::unmap) return;
    bool left = false;
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      if (m.ctx != f.ctx || m.begun.time + Mirror::kClockSlack >= e.h.time) return;
      left = true;
      suspects_.add(e.h, e.ctx, m.begun.time, {{m.begun, "the device was given the pages"}},
                    fmt::format("{} is copied {} the device while that still maps {}: what it writes meanwhile is lost",
                                range_text(e.start, e.end), e.to_device ? "to" : "from", range_text(m.start, m.end)));
    });
    if (!left) judge.held();
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(mig_07_copied_while_mapped, CopiedWhileMapped,
     {.id = "MIG-07",
      .name = "copied_while_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a device has no translation of a page left when its migration copies that page",
      .because = "Documentation/mm/hmm.rst: a driver that skips the invalidation of its own migration has to unmap device private pages "
                 "itself; drivers/gpu/drm/nouveau/nouveau_dmem.c, nouveau_dmem_migrate_to_ram() before its copy",
      .not_claimed = "drivers of another discipline; other devices, which are told by their own notifiers",
      .look_at = "the filter in the callback that leaves out the device's own MMU_NOTIFY_MIGRATE: does it leave out system pages too?",
      .also = {EV_dev_ctx, EV_dev_map, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
