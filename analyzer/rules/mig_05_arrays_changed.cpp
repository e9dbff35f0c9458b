// SPDX-License-Identifier: Apache-2.0
// MIG-05: src is not changed after setup nor dst after pages, but for the MIGRATE bit.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class ArraysChanged final : public RuleOf<ArraysChanged> {
 public:
  void on(const ev_migrate_pages& e, const Facts& f, Judge& judge) {
    const Migration& m = f.migration;
    if (!f.has_migration || m.finalized || m.pages || m.sampled != e.sampled)
      return e.cpages ? judge.unknown() : void();
    if (m.src_hash == e.src_hash) return judge.held();
    judge.broken(e.h, m.setup.time, {{m.setup, "it was set up"}},
                 fmt::format("pfn or VALID of a source slot changed after migrate_vma_setup() (hash {} then {})",
                             hex(m.src_hash), hex(e.src_hash)));
  }

  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    const Migration& m = f.migration;
    if (!f.has_migration || m.finalized || !m.pages_done || m.sampled != e.sampled) return;
    if (m.dst_hash == e.dst_hash) return judge.held();
    judge.broken(e.h, m.setup.time, {{m.setup, "it was set up"}, {m.pages, "its pages moved"}},
                 fmt::format("a destination slot changed after migrate_vma_pages() (hash {} then {})", hex(m.dst_hash),
                             hex(e.dst_hash)));
  }
};

RULE(
    mig_05_arrays_changed, ArraysChanged,
    {.id = "MIG-05",
     .name = "arrays_changed",
     .level = Level::hard,
     .party = Party::driver,
     .says = "after migrate_vma_setup() a driver changes nothing in src but MIGRATE, and after migrate_vma_pages() "
             "nothing in dst",
     .because = "include/linux/migrate.h, struct migrate_vma: \"The src array must not be modified by the caller after "
                "migrate_vma_setup(), and must not change the dst array after migrate_vma_pages() returns\"",
     .not_claimed = "slots that were not sampled; what migrate_vma_pages() itself splits; clearing MIGRATE in src, as "
                    "drm_pagemap does",
     .look_at = "every write of the driver to args->src and, behind migrate_vma_pages(), to args->dst",
     .also = {EV_migrate_setup_ret, EV_migrate_pages_ret}})

}  // namespace mirrorscope::rules
