// SPDX-License-Identifier: Apache-2.0
// MIG-17: a migration moves something of what it collected.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NothingMoved final : public RuleOf<NothingMoved> {
 public:
  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    // only where every slot was looked at and the source pages were really unmapped
    if (!f.has_migration || f.migration.finalized || !f.migration.locked || e.sampled != e.npages) return;
    if (e.both) return judge.held();
    judge.broken(e.h, f.migration.setup.time, {{f.migration.setup, "it was set up"}},
                 fmt::format("{} slots were collected and unmapped, none of them moves", f.migration.cpages));
  }
};

RULE(mig_17_nothing_moved, NothingMoved,
     {.id = "MIG-17",
      .name = "nothing_moved",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a migration that collected pages moves at least one of them",
      .because = "mm/migrate_device.c, migrate_device_unmap(): what is collected is unmapped everywhere, with an "
                 "invalidation for every "
                 "mirror, and faulted in again if it does not move",
      .not_claimed =
          "that the driver could have known: memory of the device may be short, pages may be pinned meanwhile",
      .look_at = "whether the driver allocates its destination before it sets up",
      .also = {EV_migrate_setup_ret, EV_migrate_finalize_ret}})

}  // namespace mirrorscope::rules
