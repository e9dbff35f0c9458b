// SPDX-License-Identifier: Apache-2.0
// SEQ-04: translations are made from a fault only while the sequence it began with still stands.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StaleCommit final : public RuleOf<StaleCommit> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.sub || (f.ctx && gates_work(promise(*f.ctx, *mirror_)))) return;
    if (e.seq) return by_token(e, f, judge);
    // only what the last fault of this task has filled in, and that once: anything else was checked against another sequence
    const Section& s = f.section;
    if (!f.has_section || !s.generation || !s.fault_seen || s.fault_result != 0 || s.mapped) return;
    if (e.start < s.fault_start || e.end > s.fault_end) return;
    if (e.sub_seq == s.seq) [[likely]]
      return judge.held();
    std::vector<Evidence> evidence{{s.begun, "read_begin returned"}, {s.faulted, "the pages were looked up"}};
    if (f.sub && f.sub->last_callback.time > s.begun.time) evidence.push_back({f.sub->last_callback, "they were invalidated"});
    judge.broken(e.h, since_promised(f.ctx, s.begun.time), evidence,
                 fmt::format("{} is mapped from pages of sequence {}, and the sub is at {}: the device uses pages that were given "
                             "away",
                             range_text(e.start, e.end), s.seq, e.sub_seq),
                 f.sub ? f.sub->fn : 0);
  }

 private:
  // The driver says which sequence it has compared: it has to be the sub's, and the one that its own lookup began with.
  void by_token(const ev_dev_map& e, const Facts& f, Judge& judge) {
    // checked range by range (SEQ-10), held by a pin, or made exclusive under the folio's lock (lib/test_hmm.c)
    if (!f.ctx || f.ctx->wide || e.source == MS_page_source_exclusive) return;
    if (promise(*f.ctx, *mirror_) == Discipline::pin) return;
    const Section& s = f.section;
    const bool looked_up = f.has_section && s.generation && s.fault_seen && s.fault_result == 0 && !s.mapped &&
                           e.start >= s.fault_start && e.end <= s.fault_end;
    if (e.seq == e.sub_seq && (!looked_up || e.seq == s.seq)) [[likely]]
      return judge.held();
    std::vector<Evidence> evidence;
    if (looked_up) evidence = {{s.begun, "read_begin returned"}, {s.faulted, "the pages were looked up"}};
    const uint64_t from = looked_up ? s.begun.time : e.h.time;
    if (f.sub && f.sub->last_callback.time > from) evidence.push_back({f.sub->last_callback, "they were invalidated"});
    judge.broken(e.h, since_promised(f.ctx, from), evidence,
                 e.seq != e.sub_seq
                     ? fmt::format("{} is mapped with sequence {}, and the sub is at {}: the device uses pages that were given away",
                                   range_text(e.start, e.end), e.seq, e.sub_seq)
                     : fmt::format("{} is mapped with sequence {}, and its pages were looked up with {}: what happened in between "
                                   "was not seen",
                                   range_text(e.start, e.end), e.seq, s.seq),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(seq_04_stale_commit, StaleCommit,
     {.id = "SEQ-04",
      .name = "stale_commit",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when a driver makes translations from what hmm_range_fault() returned, the sub's sequence is still the one that "
              "read_begin gave",
      .because = "include/linux/mmu_notifier.h, mmu_interval_read_retry() \"MUST be called under a user provided lock\"; "
                 "Documentation/mm/hmm.rst, the loop with goto again",
      .not_claimed = "mappings of which neither the sequence that was compared nor a fault of the same task is seen; mappings of a fault "
                     "that were made before; drivers without a hook, or that check range by range, pin, or ask later, before work may use them (SEQ-13)",
      .look_at = "between mmu_interval_read_retry() and the mapping: is the lock that the callback takes held all the way?",
      .also = {EV_read_begin_ret, EV_range_fault_ret, EV_sub_insert_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
