// SPDX-License-Identifier: Apache-2.0
// SEQ-04: translations are made from a fault only while the sequence it began with still stands.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StaleCommit final : public RuleOf<StaleCommit> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.sub) return;
    // only what the last fault of this task has filled in, and that once: anything else was checked against another sequence
    const Section& s = f.section;
    if (!f.has_section || !s.generation || !s.fault_seen || s.fault_result != 0 || s.mapped) return;
    if (e.start < s.fault_start || e.end > s.fault_end) return;
    if (e.sub_seq == s.seq) [[likely]]
      return judge.held();
    std::vector<Evidence> evidence{{s.begun, "read_begin returned"}, {s.faulted, "the pages were looked up"}};
    if (f.sub && f.sub->last_callback.time > s.begun.time) evidence.push_back({f.sub->last_callback, "they were invalidated"});
    judge.broken(e.h, s.begun.time, evidence,
                 fmt::format("{} is mapped from pages of sequence {}, and the sub is at {}: the device uses pages that were given "
                             "away",
                             range_text(e.start, e.end), s.seq, e.sub_seq),
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
      .not_claimed = "mappings without a fault of the same task; mappings of a fault that were made before; drivers without a hook",
      .look_at = "between mmu_interval_read_retry() and the mapping: is the lock that the callback takes held all the way?",
      .also = {EV_read_begin_ret, EV_range_fault_ret, EV_sub_insert_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
