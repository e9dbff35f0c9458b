// SPDX-License-Identifier: Apache-2.0
// LIF-10: an interval notifier is inserted into an mm that has users, with the lock that the variant asks for.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class InsertUnguarded final : public RuleOf<InsertUnguarded> {
 public:
  void on(const ev_sub_insert& e, const Facts&, Judge& judge) {
    if (e.mm_users <= 0)
      return judge.broken(
          e.h, e.h.time, {},
          fmt::format("sub {} is inserted into an mm with {} users: without mmget() it may be torn down meanwhile",
                      hex(e.sub), e.mm_users));
    if (e.locked && !(e.mmap_lock & kWriterLocked))
      return judge.broken(
          e.h, e.h.time, {},
          fmt::format("mmu_interval_notifier_insert_locked() with mmap_lock.count {}: nobody holds it for writing",
                      hex(e.mmap_lock)));
    judge.held();
  }

 private:
  static constexpr uint64_t kWriterLocked = 1;  // kernel/locking/rwsem.c, RWSEM_WRITER_LOCKED
};

RULE(lif_10_insert_unguarded, InsertUnguarded,
     {.id = "LIF-10",
      .name = "insert_unguarded",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an interval notifier is inserted only into an mm that has users, and by insert_locked() only with the "
              "mmap lock held for writing",
      .because = "mm/mmu_notifier.c, __mmu_interval_notifier_insert() \"Must call with a mmget() held\", "
                 "mmap_assert_write_locked() in "
                 "mmu_interval_notifier_insert_locked(); include/linux/rwsem.h, rwsem_assert_held_write_nolockdep()",
      .not_claimed = "that this task is the one that holds the lock; that insert() is called without it",
      .look_at = "the caller of the insert: mmget_not_zero() or mmap_write_lock() is missing"})

}  // namespace mirrorscope::rules
