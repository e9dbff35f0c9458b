// SPDX-License-Identifier: Apache-2.0
// MIG-08: pages of a migration are mapped before its end only if nobody has invalidated them since it began to collect them.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedMidMigration final : public RuleOf<MappedMidMigration> {
 public:
  void on(const ev_migrate_setup& e, const Facts&, Judge&) {
    drop(e.h.tid, e.args);
    open_.add({mirror_->generation_of(e.h.mm), e.start, e.end, e.args, e.h.tid, false, EventRef{}, EventRef{}});
  }

  void on(const ev_migrate_setup_ret& e, const Facts&, Judge&) {
    if (e.ret || !e.cpages) return drop(e.h.tid, e.args);
    if (Open* m = open_.find([&](const Open& o) { return o.tid == e.h.tid && o.args == e.args && !o.set_up; })) {
      m->set_up = true;
      if (!m->collects) m->collects = EventRef::of(e.h);
      return;
    }
    drop(e.h.tid, e.args);
    open_.add({mirror_->generation_of(e.h.mm), e.start, e.end, e.args, e.h.tid, true, EventRef::of(e.h), EventRef{}});
  }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge&) {
    if (open_.empty() || e.ret) return;
    for (Open& m : open_) {
      if (m.mm != f.mm->generation || m.start >= e.end || e.start >= m.end) continue;
      // what it makes itself, in its own task: first the start that it collects in, then those of try_to_migrate()
      if (m.tid == e.h.tid) {
        if (!m.set_up && !m.collects && e.reason == MS_reason_migrate) m.collects = EventRef::of(e.h);
        continue;
      }
      if (m.collects && m.collects.time + Mirror::kClockSlack < e.h.time && !m.met) m.met = EventRef::of(e.h);
    }
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (open_.empty() || !f.mm || (e.source != MS_page_source_migrate_read && e.source != MS_page_source_migrate_write)) return;
    for (const Open& m : open_) {
      if (!m.set_up || m.tid != e.h.tid || m.mm != f.mm->generation || e.start < m.start || e.end > m.end) continue;
      if (!m.met || m.met.time + Mirror::kClockSlack >= e.h.time) return judge.held();
      return judge.broken(e.h, m.collects.time, {{m.collects, "the migration began to collect"}, {m.met, "somebody else invalidated its range"}},
                          fmt::format("{} is mapped to pages of a migration whose range was invalidated since it began to collect them: the process "
                                      "may have given them up",
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
    bool set_up;        // migrate_vma_setup() has returned
    EventRef collects;  // return of its own start, or of migrate_vma_setup() if that was not seen
    EventRef met;       // the first start of another task since
  };
  History<Open, 64> open_;
};

RULE(mig_08_mapped_mid_migration, MappedMidMigration,
     {.id = "MIG-08",
      .name = "mapped_mid_migration",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "before migrate_vma_finalize() a driver maps the new pages only if no other task has started an invalidation of them since "
              "the one returned in which migrate_vma_setup() collects",
      .because = "mm/migrate_device.c, migrate_vma_collect(): the migration entries that it leaves between its own start and end are pages like others to munmap() and "
                 "mprotect(), whose invalidation runs before the mapping does; lib/test_hmm.c maps there under its lock",
      .not_claimed = "that the invalidation took the pages away: it may have come before the page was collected; one that had started before; "
                     "invalidations of the migration itself",
      .look_at = "what the driver compares before it maps: without a sequence of before the setup it cannot know",
      .also = {}})

}  // namespace mirrorscope::rules
