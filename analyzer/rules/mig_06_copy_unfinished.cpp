// SPDX-License-Identifier: Apache-2.0
// MIG-06: a copy is complete before its migration is finalized.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CopyUnfinished final : public SuspectingRule<CopyUnfinished> {
 public:
  void on(const ev_copy_begin& e, const Facts&, Judge&) {
    copies_.add({e.args, e.start, EventRef::of(e.h)});
  }

  void on(const ev_copy_end& e, const Facts&, Judge& judge) {
    // pages are begun one by one and end together
    if (copies_.take_all([&](const Copy& c) { return c.args == e.args && c.start == e.start; })) judge.held();
    suspects_.explain(e.h, e.args, judge);
  }

  void on(const ev_migrate_finalize& e, const Facts&, Judge& judge) { finalized(e.h, e.args, judge); }
  void on(const ev_migrate_device_finalize& e, const Facts&, Judge& judge) { finalized(e.h, e.src, judge); }

 private:
  void finalized(const ev_header& h, uint64_t args, Judge& judge) {
    suspects_.settle(h.time, judge);
    for (const Copy& c : copies_)
      if (c.args == args)
        suspects_.add(h, args, c.at.time, {{c.at, "the copy began"}},
                      fmt::format("the migration is finalized and the copy of {} goes on: the CPU sees pages that are half copied",
                                  hex(c.start)));
    copies_.take_all([&](const Copy& c) { return c.args == args; });
  }

  struct Copy {
    uint64_t args, start;
    EventRef at;
  };
  History<Copy, 256> copies_;  // under way
};

RULE(mig_06_copy_unfinished, CopyUnfinished,
     {.id = "MIG-06",
      .name = "copy_unfinished",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when migrate_vma_finalize() or migrate_device_finalize() is called, every copy of the migration is complete",
      .because = "mm/migrate_device.c, migrate_vma_finalize() \"This replaces the special migration pte entry with either a mapping to the "
                 "new page if migration was successful\"; drivers/gpu/drm/nouveau/nouveau_dmem.c waits for the fence before it",
      .not_claimed = "that the copy succeeded; that it was complete before migrate_vma_pages(), which is not needed",
      .look_at = "the fence of the copy: who waits for it",
      .also = {}})

}  // namespace mirrorscope::rules
