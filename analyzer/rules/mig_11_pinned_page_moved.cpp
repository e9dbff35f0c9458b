// SPDX-License-Identifier: Apache-2.0
// MIG-11: no page that is pinned for DMA moves.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class PinnedPageMoved final : public RuleOf<PinnedPageMoved> {
 public:
  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    if (e.both == 0) return;
    if (e.moved_pinned == 0) return judge.held();
    std::vector<Evidence> evidence;
    if (f.has_migration && !f.migration.finalized) evidence.push_back({f.migration.setup, "it was set up"});
    judge.broken(e.h, e.h.time, std::move(evidence),
                 fmt::format("{} of {} sampled pages that move are pinned: who pinned them goes on with the old page, "
                             "the CPU with the new",
                             e.moved_pinned, e.both));
  }
};

RULE(mig_11_pinned_page_moved, PinnedPageMoved,
     {.id = "MIG-11",
      .name = "pinned_page_moved",
      .level = Level::hazard,
      .party = Party::core,
      .says = "no page that is pinned for DMA ends a migration as moved",
      .because = "mm/migrate_device.c, migrate_vma_check_page() \"Pinned pages cannot be migrated\"",
      .not_claimed = "that the pin stayed: one that gup_fast_pte_range() takes and gives back at once, because the "
                     "page table changed under "
                     "it, is counted for a moment too; pages that were not sampled",
      .look_at =
          "mm/migrate_device.c, migrate_device_unmap(), and a driver that sets MIGRATE again after setup cleared it"})

}  // namespace mirrorscope::rules
