// SPDX-License-Identifier: Apache-2.0
// SEQ-01: a callback that took an invalidation has stored its sequence in the sub.
#include <algorithm>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SequenceNotStored final : public RuleOf<SequenceNotStored> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    if (!e.ret) return;
    if (e.sub_seq == e.cur_seq) [[likely]]
      return judge.held();
    if (e.reason == MS_reason_release) return;  // the teardown of the process comes by another way (kfd_svm.c)
    // a device's own migration needs no collision (test_hmm.c): its own is the one of the owner that it asks hmm_range_fault() with
    const bool owned = e.owner != 0;
    if (owned && !asks_with_one(f)) return judge.unknown();
    if (owned && e.owner == f.sub->owner) return;
    const CallbackFn* fn = mirror_->callback(e.fn);
    const DriverCallback* driver = fn ? driver_callback(fn->name.data()) : nullptr;
    if (driver && driver->sets_seq == SetsSeq::never) return;
    if (driver && driver->sets_seq == SetsSeq::unmap_only && e.reason != MS_reason_unmap) return;
    if (driver && driver->sets_seq == SetsSeq::not_always) return judge.unknown();
    if (!driver && !reads(e.fn, f)) return judge.unknown();
    std::vector<Evidence> evidence;
    if (f.has_entry) evidence.push_back({f.entry->at, "the callback was entered"});
    const std::string whose = owned ? fmt::format(", of owner {}; its own is {}", hex(e.owner), hex(f.sub->owner)) : std::string();
    judge.broken(e.h, f.has_entry ? f.entry->at.time : e.h.time, evidence,
                 fmt::format("the callback took {} ({}{}) with sequence {} and left {} in the sub: a reader that began before does "
                             "not see that it collided",
                             range_text(e.start, e.end), reason_text(e.reason), whose, e.cur_seq, e.sub_seq),
                 e.fn);
  }

  // It says with which owner a reader asks.
  void on(const ev_range_fault&, const Facts&, Judge&) {}

 private:
  static bool asks_with_one(const Facts& f) { return f.sub && f.sub->owner && !f.sub->owners_differ; }

  // Is there a reader that compares sequences? read_begin() alone does not tell, hmm_range_fault() does.
  static bool reads(uint64_t fn, const Facts& f) {
    if (f.sub && f.sub->fn == fn && f.sub->faulted) return true;
    return f.mm && std::find(f.mm->readers.begin(), f.mm->readers.end(), fn) != f.mm->readers.end();
  }
};

RULE(seq_01_sequence_not_stored, SequenceNotStored,
     {.id = "SEQ-01",
      .name = "sequence_not_stored",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a callback that returns true has stored cur_seq in the sub; of a two-pass notifier the first pass has",
      .because = "include/linux/mmu_notifier.h, mmu_interval_set_seq() \"must be called unconditionally from the invalidate "
                 "callback\"; invalidate_seq cannot move meanwhile: mm/mmu_notifier.c, mn_itree_inv_end()",
      .not_claimed = "releases; migrations and exclusive accesses of the owner that the sub's hmm_range_fault() names, or where it names none or "
                     "several; drivers that are not seen to use "
                     "hmm_range_fault(); that the lock of read_retry() was held; a callback that forgets it when an earlier one of "
                     "the same episode did not",
      .look_at = "every return true of the callback: each must come after mmu_interval_set_seq()",
      .also = {}})

}  // namespace mirrorscope::rules
