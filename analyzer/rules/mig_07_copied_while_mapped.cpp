// SPDX-License-Identifier: Apache-2.0
// MIG-07: a device does not map what is being copied.
#include <algorithm>
#include <vector>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CopiedWhileMapped final : public SuspectingRule<CopiedWhileMapped> {
 public:
  // migrate_vma_collect(): from here on a fault meets a migration entry, or what came to this address when the entry was zapped
  void on(const ev_inv_start_ret& e, const Facts&, Judge&) {
    if (e.ret || e.reason != MS_reason_migrate) return;
    std::erase_if(collected_, [&](const Collected& c) { return c.tid == e.h.tid; });
    if (collected_.size() == kKept) collected_.erase(collected_.begin());
    collected_.push_back({e.h.tid, e.start, e.end, e.h.time});
  }

  void on(const ev_copy_begin& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.mm || !f.ctx || e.end <= e.start || promise(*f.ctx, *mirror_) != Discipline::unmap) return;
    const auto own = std::find_if(collected_.begin(), collected_.end(), [&](const Collected& c) {
      return c.tid == e.h.tid && c.start <= e.start && e.end <= c.end;
    });
    const uint64_t collected = own == collected_.end() ? e.h.time : own->time;
    bool left = false;
    f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      if (m.ctx != f.ctx || m.begun.time + Mirror::kClockSlack >= collected) return;
      left = true;
      suspects_.add(e.h, e.ctx, m.begun.time, {{m.begun, "the device was given the pages"}},
                    fmt::format("{} is copied {} the device while that still maps {}: what it writes meanwhile is lost",
                                range_text(e.start, e.end), e.to_device ? "to" : "from", range_text(m.start, m.end)));
    });
    if (!left) judge.held();
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }

 private:
  static constexpr size_t kKept = 64;
  struct Collected {
    uint64_t tid, start, end, time;
  };
  std::vector<Collected> collected_;  // the last migration of each task
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
