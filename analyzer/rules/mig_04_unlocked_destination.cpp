// SPDX-License-Identifier: Apache-2.0
// MIG-04: every destination page handed to migrate_vma_pages() is locked and referenced.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class UnlockedDestination final : public RuleOf<UnlockedDestination> {
 public:
  void on(const ev_migrate_pages& e, const Facts& f, Judge& judge) {
    if (e.dst_unlocked == 0 && e.dst_unref == 0) return e.dst_valid ? judge.held() : void();
    std::vector<Evidence> evidence;
    if (f.has_migration && !f.migration.finalized) evidence.push_back({f.migration.setup, "it was set up"});
    judge.broken(e.h, e.h.time, std::move(evidence),
                 fmt::format("of {} sampled destination pages {} are not locked and {} have no reference: finalize "
                             "unlocks and puts each",
                             e.dst_valid, e.dst_unlocked, e.dst_unref));
  }
};

RULE(mig_04_unlocked_destination, UnlockedDestination,
     {.id = "MIG-04",
      .name = "unlocked_destination",
      .level = Level::hard,
      .party = Party::driver,
      .says = "every destination page handed to migrate_vma_pages() is locked and has a reference",
      .because = "mm/migrate_device.c, __migrate_device_finalize() does folio_unlock() and folio_put() on every dst; "
                 "Documentation/mm/hmm.rst, \"allocate (or use an already allocated) and lock\"",
      .not_claimed = "pages that were not sampled; whom a device page belongs to",
      .look_at = "where the driver fills dst: zone_device_page_init() or lock_page() is missing, or a slot of a failed "
                 "copy is left"})

}  // namespace mirrorscope::rules
