// SPDX-License-Identifier: Apache-2.0
// SEQ-05: hmm_range_fault() is called with the sequence of the last read_begin, and after -EBUSY with a new one.
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FaultWithOldSequence final : public RuleOf<FaultWithOldSequence> {
 public:
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) {
    const Section& s = f.section;
    const bool older = f.has_section && e.notifier_seq == s.seq_before && s.seq_before < s.seq;
    // a sequence that another task read and handed over is as good
    if (!f.has_section || !s.generation || (e.notifier_seq != s.seq && !older)) return judge.unknown();
    if (older)
      return judge.broken(e.h, s.begun.time, {{s.begun, fmt::format("read_begin returned {}", s.seq)}},
                          fmt::format("hmm_range_fault() for {} with the older sequence {}", range_text(e.start, e.end), e.notifier_seq),
                          f.sub ? f.sub->fn : 0);
    if (s.fault_seen && s.fault_result == -EBUSY)
      return judge.broken(e.h, s.begun.time,
                          {{s.begun, fmt::format("read_begin returned {}", s.seq)}, {s.faulted, "it collided: -EBUSY"}},
                          fmt::format("hmm_range_fault() again with sequence {}, which has collided and never becomes valid",
                                      e.notifier_seq),
                          f.sub ? f.sub->fn : 0);
    judge.held();
  }
};

RULE(seq_05_fault_with_old_sequence, FaultWithOldSequence,
     {.id = "SEQ-05",
      .name = "fault_with_old_sequence",
      .level = Level::hard,
      .party = Party::driver,
      .says = "hmm_range_fault() gets the sequence of the task's last read_begin on that sub, and after -EBUSY a new one",
      .because = "Documentation/mm/hmm.rst, \"again: range.notifier_seq = mmu_interval_read_begin()\"; mm/hmm.c, hmm_range_fault()",
      .not_claimed = "sequences that another task has read; several faults for one read_begin are right (amdgpu_hmm.c)",
      .look_at = "the label that the driver jumps to after -EBUSY: it must be before mmu_interval_read_begin()",
      .also = {EV_read_begin, EV_read_begin_ret, EV_range_fault_ret, EV_sub_insert_ret, EV_sub_remove_ret}})

}  // namespace mirrorscope::rules
