// SPDX-License-Identifier: Apache-2.0
// ORD-04: a start calls every sub of the tree that its range meets, each once.
#include "analyzer/losses/heard.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SubNotCalled final : public RuleOf<SubNotCalled> {
 public:
  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) {
    heard_.note(e.fn);
    if (!f.called_twice) return;
    judge.broken(e.h, f.within->at.time, {{f.within->at, "the start"}},
                 fmt::format("sub {} is called twice by one start", hex(e.sub)), e.fn);
  }

  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_entry || e.ret != 0 || !f.mm || e.end <= e.start) return;
    const Call& call = *f.entry;
    f.mm->subs.overlapping(e.start, e.end - 1, [&](const Sub& sub) {
      const bool in_tree = sub.in_tree_since && sub.in_tree_since + Mirror::kClockSlack < call.at.time;
      if (!in_tree || sub.removing || !mirror_->callback_entry_seen_since(sub.fn, call.at.time)) return;
      if (call.called(sub.ptr)) return judge.held();
      if (call.subs_called.overflowed || !heard_.tells(*mirror_, sub.fn)) return judge.unknown();
      if (suspects_.full(judge)) return;
      std::vector<Evidence> evidence{{call.at, "the start"}};
      if (sub.inserted) evidence.insert(evidence.begin(), {sub.inserted, "the sub was inserted"});
      suspects_.add(e.h, sub.ptr, sub.inserted ? sub.inserted.time : sub.in_tree_since, evidence,
                    fmt::format("sub {} over {} is in the tree and was not called for {} ({})", hex(sub.ptr),
                                range_text(sub.start, sub.last + 1), range_text(e.start, e.end), reason_text(e.reason)),
                    sub.fn);
    });
  }

  void on(const ev_inv_start& e, const Facts&, Judge& judge) { suspects_.settle(e.h.time, judge); }
  void on(const ev_sub_remove& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.sub, judge); }
  void finish(uint64_t end, const Mirror&, Judge& judge) override { suspects_.settle(end, judge); }

 private:
  Suspects suspects_;
  Heard heard_;
};

RULE(ord_04_sub_not_called, SubNotCalled,
     {.id = "ORD-04",
      .name = "sub_not_called",
      .level = Level::hard,
      .party = Party::core,
      .says = "a start that succeeds has called every interval notifier in the tree that its range meets, each exactly once",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate()",
      .not_claimed = "callbacks that were never seen running; subs whose insertion or removal is deferred or under way; subs whose callback had no probe yet; subs from before the recording "
                     "that were neither called nor read since; failed starts",
      .look_at = "the interval tree of the mm: a node whose start or last was changed while it was inserted",
      .also = {EV_inv_start, EV_sub_insert_ret, EV_sub_remove, EV_sub_remove_ret, EV_read_begin_ret}})

}  // namespace mirrorscope::rules
