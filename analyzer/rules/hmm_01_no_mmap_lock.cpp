// SPDX-License-Identifier: Apache-2.0
// HMM-01: hmm_range_fault() is called with the mmap lock of the notifier's mm held.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NoMmapLock final : public RuleOf<NoMmapLock> {
 public:
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) {
    if (e.mmap_lock != 0) [[likely]]
      return judge.held();
    judge.broken(e.h, e.h.time, {},
                 fmt::format("hmm_range_fault() for {} and nobody holds the mmap lock: the VMAs change under the walk",
                             range_text(e.start, e.end)),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_01_no_mmap_lock, NoMmapLock,
     {.id = "HMM-01",
      .name = "no_mmap_lock",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the mmap lock of range->notifier->mm is held when hmm_range_fault() is called",
      .because = "mm/hmm.c, mmap_assert_locked() in hmm_range_fault(); Documentation/mm/hmm.rst, mmap_read_lock(mm)",
      .not_claimed = "that it is this task which holds it: the lock only says that somebody does",
      .look_at = "the caller of hmm_range_fault(), and whether it locks current->mm where it faults pages of another mm"})

}  // namespace mirrorscope::rules
