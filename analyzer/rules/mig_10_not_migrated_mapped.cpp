// SPDX-License-Identifier: Apache-2.0
// MIG-10: the destination of a slot that lost MIGRATE in migrate_vma_pages() is not mapped.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class NotMigratedMapped final : public RuleOf<NotMigratedMapped> {
 public:
  void on(const ev_dev_map& e, const Facts&, Judge& judge) {
    if (e.source != MS_page_source_migrate_read && e.source != MS_page_source_migrate_write &&
        e.source != MS_page_source_migrate_lost)
      return;
    if (!(e.source == MS_page_source_migrate_lost)) return judge.held();
    judge.broken(e.h, e.h.time, {}, fmt::format("{} is mapped to a page that its migration gave up: src has no MIGRATE any more, the data is elsewhere", range_text(e.start, e.end)));
  }
};

RULE(mig_10_not_migrated_mapped, NotMigratedMapped,
     {.id = "MIG-10",
      .name = "not_migrated_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the destination of a slot that lost MIGRATE in migrate_vma_pages() is not mapped",
      .because = "Documentation/mm/hmm.rst, step 5 of a migration: \"If the page cannot be migrated ... MIGRATE_PFN_MIGRATE is cleared\"; mm/migrate_device.c, __migrate_device_pages()",
      .not_claimed = "mappings whose hook cannot see the migration's slots",
      .look_at = "the loop after migrate_vma_pages(): does it look at src again?",
      .also = {}})

}  // namespace mirrorscope::rules
