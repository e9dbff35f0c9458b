// SPDX-License-Identifier: Apache-2.0
// MIG-07: a device does not map what is being copied.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CopiedWhileMapped final : public SuspectingRule<CopiedWhileMapped> {
 public:
  // migrate_vma_collect(): from here on a fault meets a migration entry, or what came to this address when the entry was zapped
  void on(const ev_inv_start_ret& e, const Facts& f, Judge&) {
    if (e.ret || e.reason != MS_reason_migrate) return;
    collected_.take_all([&](const Collected& c) { return c.tid == e.h.tid; });
    collected_.add({e.h.tid, f.mm->generation, e.start, e.end, e.h.time});
  }

  void on(const ev_copy_begin& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.mm || !f.ctx || e.end <= e.start || promise(*f.ctx, *mirror_) != Discipline::unmap) return;
    const Collected* own = collected_.find([&](const Collected& c) {
      return c.tid == e.h.tid && c.mm == f.mm->generation && c.start <= e.start && e.end <= c.end;
    });
    if (!own && collected_.forgot()) return judge.unknown();
    const uint64_t collected = own ? own->time : e.h.time;
    bool left = false;
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      if (m.ctx != f.ctx || m.begun.time + Mirror::kClockSlack >= collected) return;
      left = true;
      if (suspects_.full(judge)) return;
      suspects_.add(e.h, e.ctx, since_promised(f.ctx, m.begun.time), {{m.begun, "the device was given the pages"}},
                    fmt::format("{} is copied {} the device while that still maps {}: what it writes meanwhile is lost",
                                range_text(e.start, e.end), e.to_device ? "to" : "from", range_text(m.start, m.end)));
    });
    if (!left) judge.held();
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }

 private:
  struct Collected {
    uint64_t tid, mm, start, end, time;  // mm: its generation
  };
  History<Collected, 64> collected_;  // the last migration of each task
};

RULE(mig_07_copied_while_mapped, CopiedWhileMapped,
     {.id = "MIG-07",
      .name = "copied_while_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a device has no translation of a page left when its migration copies that page",
      .because = "Documentation/mm/hmm.rst: a driver that skips the invalidation of its own migration has to unmap device private pages "
                 "itself; drivers/gpu/drm/nouveau/nouveau_dmem.c, nouveau_dmem_migrate_to_ram() before its copy",
      .not_claimed = "what was mapped since the migration collected its pages: that is another page; drivers of another discipline; other devices, which are told by their own notifiers",
      .look_at = "the filter in the callback that leaves out the device's own MMU_NOTIFY_MIGRATE: does it leave out system pages too?",
      .also = {EV_dev_ctx, EV_dev_map, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
