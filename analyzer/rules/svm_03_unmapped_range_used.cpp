// SPDX-License-Identifier: Apache-2.0
// SVM-03: a range whose addresses were unmapped is marked, never used again, and removed first.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UnmappedRangeUsed final : public SuspectingRule<UnmappedRangeUsed> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret || e.reason != MS_reason_unmap || !f.has_entry || !f.mm || !f.mm->ranges.size() || e.end <= e.start) return;
    f.mm->ranges.overlapping(e.start, e.end - 1, [&](const SvmRange& r) {
      if (r.unmapped) return judge.held();
      if (r.created.time + Mirror::kClockSlack >= f.entry->at.time || waits(r, f)) return;
      if (suspects_.full(judge)) return;
      suspects_.add(e.h, r.ptr, r.created.time, {{r.created, "the range was made"}, {f.entry->at, "the unmap began"}},
                    fmt::format("{} is unmapped and range {} is not marked so", range_text(e.start, e.end),
                                range_text(r.start, r.end)));
    });
  }

  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb == MS_svm_verb_set_unmapped) return suspects_.explain(e.h, e.range, judge);
    if (!f.range || !f.range->unmapped) return;
    if (e.verb == MS_svm_verb_removed) return judge.held();
    const bool used = e.verb == MS_svm_verb_found || (e.verb == MS_svm_verb_get_pages && e.ret == 0);
    // it was marked while the function ran whose return this is: drm_gpusvm_range_find_or_insert() does not hold notifier_lock
    const bool again = repeated_.tid == e.h.tid && repeated_.verb == e.verb && repeated_.start == e.start && repeated_.end == e.end;
    repeated_ = {};
    if (used && f.task_was_at < f.range->unmapped.time) repeated_ = {e.h.tid, e.verb, e.start, e.end};
    // and its caller says the same of its own range (driver-model/kernel/gpusvm.c), which is one answer
    if (!used || again || repeated_.tid) return;
    judge.broken(e.h, f.range->unmapped.time, {{f.range->unmapped, "it was marked as unmapped"}},
                 fmt::format("range {} is {} although its addresses were unmapped", range_text(f.range->start, f.range->end),
                             e.verb == MS_svm_verb_found ? "found" : "given pages"));
  }

 private:
  // A notifier that was inserted while something is being invalidated comes into the tree after that, and is not called before
  // (__mmu_interval_notifier_insert()): nobody could mark the range, and mmu_interval_read_begin() lets nobody use it meanwhile.
  static bool waits(const SvmRange& r, const Facts& f) {
    bool found = false;
    f.mm->subs.overlapping(r.start, r.end - 1, [&](const Sub& sub) {
      if (sub.ptr == r.sub) found = !sub.in_tree_since || sub.in_tree_since + Mirror::kClockSlack >= f.entry->at.time;
    });
    return found;
  }
  struct Answer {
    uint32_t tid = 0, verb = 0;
    uint64_t start = 0, end = 0;
  };
  Answer repeated_;
};

RULE(svm_03_unmapped_range_used, UnmappedRangeUsed,
     {.id = "SVM-03",
      .name = "unmapped_range_used",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a range that an unmap meets is marked with drm_gpusvm_range_set_unmapped() and afterwards only removed",
      .because = "drivers/gpu/drm/drm_gpusvm.c, its introduction: \"partial unmap\" and the garbage collector; drm_gpusvm_get_pages() is "
                 "-EFAULT for flags.unmapped",
      .not_claimed = "what is marked while it is found; ranges of a notifier that waits for its place in the tree; a VM that is closed, whose "
                     "garbage nobody collects",
      .look_at = "whether the garbage collector runs before every fault",
      .also = {EV_inv_start, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
