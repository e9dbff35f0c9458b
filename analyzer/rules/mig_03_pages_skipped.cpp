// SPDX-License-Identifier: Apache-2.0
// MIG-03: finalize does not replace a page whose folio was never moved by migrate_vma_pages().
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class PagesSkipped final : public RuleOf<PagesSkipped> {
 public:
  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    if (!f.has_migration || f.migration.finalized) return e.cpages ? judge.unknown() : void();
    if (f.migration.pages || e.both == 0) return judge.held();
    judge.broken(e.h, f.migration.setup.time, {{f.migration.setup, "it was set up"}},
                 fmt::format("finalized without migrate_vma_pages() with {} of {} sampled slots that have both a "
                             "source to migrate and a "
                             "destination: the page tables get pages that have taken over nothing",
                             e.both, e.sampled));
  }
};

RULE(mig_03_pages_skipped, PagesSkipped,
     {.id = "MIG-03",
      .name = "pages_skipped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a migration is finalized without migrate_vma_pages() only if no slot has both a source to migrate and a "
              "destination",
      .because = "mm/migrate_device.c, __migrate_device_finalize() maps dst wherever src still has MIGRATE, whether "
                 "__migrate_device_pages() ran folio_migrate_mapping() for it or not",
      .not_claimed = "slots that were not sampled",
      .look_at = "the error path that finalizes: it must clear dst, or src's MIGRATE, of every slot first",
      .also = {EV_migrate_setup, EV_migrate_setup_ret, EV_migrate_pages, EV_migrate_pages_ret}})

}  // namespace mirrorscope::rules
