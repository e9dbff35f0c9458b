// SPDX-License-Identifier: Apache-2.0
// SEQ-02: the sequences that readers and callbacks are given are odd, and a callback's is the current one.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SequenceNotOdd final : public RuleOf<SequenceNotOdd> {
 public:
  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) { callback(e, f, judge); }
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) { callback(e, f, judge); }

  void on(const ev_read_begin_ret& e, const Facts&, Judge& judge) {
    if (e.ret % 2) return judge.held();
    judge.broken(e.h, e.h.time, {}, fmt::format("read_begin returned the even sequence {}", e.ret));
  }

  void on(const ev_sub_insert_ret& e, const Facts&, Judge& judge) {
    if (e.ret != 0) return;
    if (e.sub_seq % 2) return judge.held();
    judge.broken(e.h, e.h.time, {}, fmt::format("the sub was inserted with the even sequence {}", e.sub_seq), e.invalidate);
  }

 private:
  template <typename Ev>
  static void callback(const Ev& e, const Facts& f, Judge& judge) {
    if (e.cur_seq % 2 && e.seq == e.cur_seq && e.active) [[likely]]
      return judge.held();
    std::vector<Evidence> evidence;
    if (f.within && !f.within->assumed) evidence.push_back({f.within->at, "the start"});
    std::string what;
    if (e.cur_seq % 2 == 0)
      what = fmt::format("a callback is given the even sequence {}", e.cur_seq);
    else if (e.seq != e.cur_seq)
      what = fmt::format("a callback of sequence {} runs while invalidate_seq is {}", e.cur_seq, e.seq);
    else
      what = "a callback runs while active_invalidate_ranges is 0: the episode can end under it";
    judge.broken(e.h, evidence.empty() ? e.h.time : evidence.front().event.time, evidence, what, e.fn);
  }
};

RULE(seq_02_sequence_not_odd, SequenceNotOdd,
     {.id = "SEQ-02",
      .name = "sequence_not_odd",
      .level = Level::hard,
      .party = Party::core,
      .says = "a callback runs with the current, odd invalidate_seq and a range counted as active; what read_begin returns and what "
              "an insert stores is odd",
      .because = "mm/mmu_notifier.c, mn_itree_inv_start_range(), mmu_interval_read_begin() and __mmu_interval_notifier_insert()",
      .not_claimed = "anything about moments at which no callback runs",
      .look_at = "mm/mmu_notifier.c itself, or a driver that writes invalidate_seq on its own",
      .any_event = true})

}  // namespace mirrorscope::rules
