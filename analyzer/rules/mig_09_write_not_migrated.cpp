// SPDX-License-Identifier: Apache-2.0
// MIG-09: a migrated page is mapped for writing only if src had MIGRATE_PFN_WRITE, or was a hole of a writable VMA.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class WriteNotMigrated final : public RuleOf<WriteNotMigrated> {
 public:
  void on(const ev_dev_map& e, const Facts&, Judge& judge) {
    if (e.source != MS_page_source_migrate_read && e.source != MS_page_source_migrate_write &&
        e.source != MS_page_source_migrate_lost)
      return;
    if (!(e.source == MS_page_source_migrate_read && e.write)) return judge.held();
    judge.broken(e.h, e.h.time, {}, fmt::format("{} is mapped for writing, and its migration had no MIGRATE_PFN_WRITE: the page is read-only, or shared", range_text(e.start, e.end)));
  }
};

RULE(mig_09_write_not_migrated, WriteNotMigrated,
     {.id = "MIG-09",
      .name = "write_not_migrated",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a migrated page is mapped for writing only if src had MIGRATE_PFN_WRITE, or was a hole of a writable VMA",
      .because = "mm/migrate_device.c, migrate_vma_collect_pmd() sets MIGRATE_PFN_WRITE from the page table entry; include/linux/migrate.h",
      .not_claimed = "mappings whose hook cannot see the migration's slots",
      .look_at = "where the flags of src become those of the device's entry",
      .also = {}})

}  // namespace mirrorscope::rules
