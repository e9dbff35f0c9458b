// SPDX-License-Identifier: Apache-2.0
// MIG-01: what migrate_vma_setup() collected goes through pages at most once and finalize exactly once.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NotFinalized final : public RuleOf<NotFinalized> {
 public:
  void on(const ev_migrate_setup& e, const Facts& f, Judge& judge) {
    if (f.has_migration && !f.migration.finalized) leaked(e.h, f.migration, judge, "its args are set up again");
  }
  void on(const ev_mm_exit_ret& e, const Facts& f, Judge& judge) {
    for (const Migration& m : f.unfinished) leaked(e.h, m, judge, "the mm is gone");
  }

  void on(const ev_migrate_pages& e, const Facts& f, Judge& judge) {
    if (!f.has_migration) return;
    const Migration& m = f.migration;
    if (m.finalized)
      return again(e.h, f, judge, m.finalized, "it was finalized",
                   "migrate_vma_pages() after finalize of the same migration");
    if (m.pages)
      again(e.h, f, judge, m.pages, "the first time",
            "migrate_vma_pages() for the second time: moved folios are moved again");
  }

  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    if (!f.has_migration) return e.cpages ? judge.unknown() : void();
    if (!f.migration.finalized) return judge.held();
    again(e.h, f, judge, f.migration.finalized, "the first time",
          "finalized for the second time: pages are unlocked and put twice");
  }

 private:
  static void leaked(const ev_header& h, const Migration& m, Judge& judge, std::string_view why) {
    if (!m.locked) return judge.unknown();  // holes alone are not locked
    judge.broken(
        h, m.setup.time, {{m.setup, "it was set up"}},
        fmt::format("{} collected slots were never finalized, and {}: their pages stay locked", m.cpages, why));
  }
  void again(const ev_header& h, const Facts& f, Judge& judge, const EventRef& first, std::string role,
             std::string what) const {
    // another task may have set up the same args and handed them over
    bool handed_over = false;
    mirror_->each_task([&](const Task& t) {
      for (const Migration& m : t.migrations) handed_over |= &t != f.task && m.args == f.migration.args;
    });
    if (handed_over) return judge.unknown();
    judge.broken(h, f.migration.setup.time, {{f.migration.setup, "it was set up"}, {first, std::move(role)}},
                 std::move(what));
  }
};

RULE(mig_01_not_finalized, NotFinalized,
     {.id = "MIG-01",
      .name = "not_finalized",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a migration that collected pages goes through migrate_vma_pages() at most once and "
              "migrate_vma_finalize() exactly once",
      .because =
          "mm/migrate_device.c, migrate_vma_setup() locks what it collects and __migrate_device_finalize() unlocks it; "
          "Documentation/mm/hmm.rst, steps 1 to 7 of a migration",
      .not_claimed =
          "migrations that collected nothing or only holes, or that were set up before recording; migrate_device_*()",
      .look_at = "error paths of the driver between migrate_vma_setup() and migrate_vma_finalize()",
      .also = {EV_migrate_setup_ret, EV_migrate_finalize_ret}})

}  // namespace mirrorscope::rules
