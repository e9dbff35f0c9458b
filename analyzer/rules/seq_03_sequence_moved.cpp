// SPDX-License-Identifier: Apache-2.0
// SEQ-03: invalidate_seq never goes back, and while an invalidation is open it only turns odd.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SequenceMoved final : public RuleOf<SequenceMoved> {
 public:
  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) { frozen(e.h, f.within, e.cur_seq, judge); }

  void on(const ev_itree_end& e, const Facts& f, Judge& judge) { frozen(e.h, f.within, e.seq, judge); }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    back(e.h, e.seq, f, judge);
    if (e.ret == 0 && f.has_entry && !f.entry->subs_called.empty()) frozen(e.h, f.entry, e.seq, judge);
  }

  void on(const ev_itree_end_ret& e, const Facts& f, Judge& judge) { back(e.h, e.seq, f, judge); }

 private:
  // From when an invalidation is counted until its own end no other can make the sequence even again.
  static void frozen(const ev_header& h, const Call* call, uint64_t seq, Judge& judge) {
    if (!call || !call->frozen_seq) return;
    if (seq == call->frozen_seq || seq == (call->frozen_seq | 1)) return judge.held();
    // what an end is frozen at was learned at its start
    const uint64_t since = call->at.id == EV_inv_end ? call->owed_since : call->at.time;
    judge.broken(h, since, {{call->at, "the invalidation"}},
                 fmt::format("invalidate_seq is {} in an invalidation that was counted when it was {}: its episode ended before it did",
                             seq, call->frozen_seq));
  }

  static void back(const ev_header& h, uint64_t seq, const Facts& f, Judge& judge) {
    if (!f.seq_went_back) return judge.held();
    judge.broken(h, f.seq_was.time, {{f.seq_was, "it was higher here"}},
                 fmt::format("invalidate_seq is {} and was {} before: an old sequence becomes valid again", seq, f.mm->seq_seen));
  }
};

RULE(seq_03_sequence_moved, SequenceMoved,
     {.id = "SEQ-03",
      .name = "sequence_moved",
      .level = Level::hard,
      .party = Party::core,
      .says = "invalidate_seq never goes back, and from the start of an invalidation to its end it at most turns from even to odd",
      .because = "mm/mmu_notifier.c, mn_itree_inv_start_range() and mn_itree_inv_end(): made even only when no range is active",
      .not_claimed = "which insert or start turned it odd",
      .look_at = "active_invalidate_ranges: an end too many lets it reach 0 while an invalidation is open (ORD-02, ORD-03)",
      .also = {EV_inv_start, EV_inv_end, EV_inv_end_ret, EV_cb_ret, EV_mm_release, EV_mm_release_ret, EV_mm_exit_ret,
               EV_mn_register_ret}})

}  // namespace mirrorscope::rules
