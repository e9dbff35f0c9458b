// SPDX-License-Identifier: Apache-2.0
// MIG-08: pages of a migration are mapped before its end only if nobody has invalidated them since it was set up.

#include "analyzer/history.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedMidMigration final : public RuleOf<MappedMidMigration> {
 public:
  void on(const ev_migrate_setup_ret& e, const Facts&, Judge&) {
    drop(e.h.tid, e.args);
    if (e.ret || !e.cpages) return;
    open_.add({mirror_->generation_of(e.h.mm), e.start, e.end, e.args, e.h.tid, EventRef::of(e.h), EventRef{}});
  }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge&) {
    if (open_.empty() || e.ret) return;
    // the migration's own try_to_migrate() runs in its own task
    for (Open& m : open_)
      if (m.mm == f.mm->generation && m.tid != e.h.tid && m.start < e.end && e.start < m.end && m.setup.time + Mirror::kClockSlack < e.h.time)
        m.met = EventRef::of(e.h);
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (open_.empty() || !f.mm || (e.source != MS_page_source_migrate_read && e.source != MS_page_source_migrate_write)) return;
    for (const Open& m : open_) {
      if (m.tid != e.h.tid || m.mm != f.mm->generation || e.start < m.start || e.end > m.end) continue;
      if (!m.met || m.met.time + Mirror::kClockSlack >= e.h.time) return judge.held();
      return judge.broken(e.h, m.setup.time, {{m.setup, "the migration was set up"}, {m.met, "somebody else invalidated its range"}},
                          fmt::format("{} is mapped to pages of a migration whose range was invalidated since it was set up",
                                      range_text(e.start, e.end)));
    }
  }

  void on(const ev_migrate_finalize& e, const Facts&, Judge&) { drop(e.h.tid, e.args); }

 private:
  void drop(uint32_t tid, uint64_t args) {
    open_.take_all([&](const Open& m) { return m.tid == tid && m.args == args; });
  }
  struct Open {
    uint64_t mm, start, end, args;  // mm: its generation
    uint32_t tid;
    EventRef setup, met;
  };
  History<Open, 64> open_;
};

RULE(mig_08_mapped_mid_migration, MappedMidMigration,
     {.id = "MIG-08",
      .name = "mapped_mid_migration",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "between migrate_vma_setup() and migrate_vma_finalize() a driver maps the new pages only if no other task has started an "
              "invalidation of them since",
      .because = "mm/migrate_device.c, migrate_vma_setup(): the migration entries it leaves are pages like others to munmap() and "
                 "mprotect(), whose invalidation runs before the mapping does; lib/test_hmm.c maps there under its lock",
      .not_claimed = "that the invalidation took the pages away; invalidations of the migration itself",
      .look_at = "what the driver compares before it maps: without a sequence of before the setup it cannot know",
      .also = {}})

}  // namespace mirrorscope::rules
