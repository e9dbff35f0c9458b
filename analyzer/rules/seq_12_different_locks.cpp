// SPDX-License-Identifier: Apache-2.0
// SEQ-12: the callback stores the sequence under a lock that commits hold too.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class DifferentLocks final : public RuleOf<DifferentLocks> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.sub || !f.ctx || !f.ctx->locks || !f.sub->seq_stored || !f.task || e.source == MS_page_source_exclusive) return;
    if (f.sub->seq_locks.overflowed || f.task->locks.overflowed) return judge.unknown();
    if (f.sub->seq_stored.time < f.ctx->begun.time) return;  // that callback had nobody to exclude yet
    const auto discipline = promise(*f.ctx, *mirror_);
    if (discipline == Discipline::pin) return;  // i915 stores it without a lock: its pages stay
    if (gates_work(discipline)) return;         // amdgpu writes page tables without the lock, and asks under it before it submits
    for (const HeldLock& ours : f.task->locks)
      for (const HeldLock& theirs : f.sub->seq_locks)
        if (ours.lock == theirs.lock) return judge.held();
    Since since = since_promised(f.ctx, f.sub->seq_stored.time);
    for (const HeldLock& theirs : f.sub->seq_locks)
      since = {since, f.task->unlocked_since([&](const HeldLock& l) { return l.lock == theirs.lock; })};
    judge.broken(e.h, since, {{f.sub->seq_stored, "the last callback that stored the sequence"}},
                 fmt::format("{} is mapped under none of the locks under which the callback stored the sequence: the two do not "
                             "exclude each other",
                             range_text(e.start, e.end)),
                 f.sub->fn);
  }

  void on(const ev_lock&, const Facts&, Judge&) {}
};

RULE(seq_12_different_locks, DifferentLocks,
     {.id = "SEQ-12",
      .name = "different_locks",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "the callback calls mmu_interval_set_seq() under a lock that is held when translations are made",
      .because = "include/linux/mmu_notifier.h, mmu_interval_set_seq() \"must be called ... under the same lock\" as "
                 "mmu_interval_read_retry()",
      .not_claimed = "drivers that pin (i915), or ask again before work may use the translations (SEQ-13); that the lock was held at the very moment of set_seq; callbacks that leave out the device's "
                     "own migration",
      .look_at = "the lock around mmu_interval_set_seq() and the one around the commit",
      .also = {EV_cb_enter, EV_cb_ret, EV_unlock, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
