// SPDX-License-Identifier: Apache-2.0
// MIG-02: the mmap lock is held from migrate_vma_setup() to migrate_vma_finalize().
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class MmapLockDropped final : public RuleOf<MmapLockDropped> {
 public:
  void on(const ev_migrate_setup& e, const Facts& f, Judge& judge) {
    if (e.h.mm) locked(e.h, e.mmap_lock, f, judge, "migrate_vma_setup()");
  }
  void on(const ev_migrate_pages& e, const Facts& f, Judge& judge) {
    if (e.h.mm && e.cpages) locked(e.h, e.mmap_lock, f, judge, "migrate_vma_pages()");
  }
  void on(const ev_migrate_finalize& e, const Facts& f, Judge& judge) {
    if (e.h.mm && e.cpages) locked(e.h, e.mmap_lock, f, judge, "migrate_vma_finalize()");
  }

 private:
  static void locked(const ev_header& h, uint64_t count, const Facts& f, Judge& judge, std::string_view where) {
    if (count != 0) return judge.held();
    std::vector<Evidence> evidence;
    if (f.has_migration && !f.migration.finalized) evidence.push_back({f.migration.setup, "it was set up"});
    judge.broken(h, h.time, std::move(evidence),
                 fmt::format("mmap_lock.count is 0 in {}: nobody holds the lock, the VMA may go away", where));
  }
};

RULE(mig_02_mmap_lock_dropped, MmapLockDropped,
     {.id = "MIG-02",
      .name = "mmap_lock_dropped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the mmap lock of the VMA's mm is held when a migration is set up, when its pages move and when it is "
              "finalized",
      .because =
          "Documentation/mm/hmm.rst, step 1 of a migration: mmap_read_lock() \"for the duration of the migration\"; "
          "include/linux/rwsem.h, rwsem_assert_held_nolockdep() is the same test",
      .not_claimed = "that this task is the one that holds it, or held it all the time in between; migrations that "
                     "collected nothing",
      .look_at = "where the driver takes and drops mmap_lock around its migration"})

}  // namespace mirrorscope::rules
