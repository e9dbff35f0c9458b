// SPDX-License-Identifier: Apache-2.0
// ORD-03: active_invalidate_ranges counts the open invalidations, and with none open nothing is left deferred.
#include <algorithm>
#include <unordered_map>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class CountersDrift final : public RuleOf<CountersDrift> {
 public:
  // What another CPU does right after may, by the clocks, have been before: a wrong value waits for that.
  void on(const ev_inv_start& e, const Facts&, Judge& judge) { clear_or_report(e.h, judge); }
  void on(const ev_inv_end& e, const Facts&, Judge& judge) { clear_or_report(e.h, judge); }
  void on(const ev_mm_release& e, const Facts&, Judge& judge) { clear_or_report(e.h, judge); }

  void on(const ev_itree_end_ret& e, const Facts& f, Judge& judge) {
    if (f.active_most < 0) return;
    const auto active = static_cast<int64_t>(e.active);
    std::string wrong;
    if (active < f.active_least)
      wrong = fmt::format("active_invalidate_ranges is {} with {} invalidations open for certain", e.active, f.active_least);
    else if (active > f.active_most)
      wrong = fmt::format("active_invalidate_ranges is {} with at most {} invalidations open", e.active, f.active_most);
    else if (f.active_most == 0 && e.seq % 2)
      wrong = fmt::format("no invalidation is open and invalidate_seq is odd ({})", e.seq);
    else if (f.active_most == 0 && e.deferred)
      wrong = "no invalidation is open and deferred_list is not empty";
    if (wrong.empty()) return judge.held();
    // a start whose entry is missing is counted, and is known only when its return is seen: it may have begun whenever the mm was not quiet
    if (!f.active_is_exact) return;
    if (suspects_.size() >= kMost && !suspects_.contains(f.mm->ptr)) return judge.unknown();
    suspects_[f.mm->ptr] = {e.h, f.entry->at, std::min(f.mm->quiet, f.entry->at.time), std::move(wrong)};
  }

  void finish(uint64_t end, const Mirror&, Judge& judge) override {
    for (auto& [mm, s] : suspects_)
      if (s.h.time + Mirror::kClockSlack < end) report(s, judge);
  }

 private:
  struct Suspect {
    ev_header h;
    EventRef entry;
    uint64_t since;
    std::string what;
  };

  static void report(const Suspect& s, Judge& judge) {
    judge.broken(s.h, s.since, {{s.entry, "an invalidation of this mm is being ended"}}, s.what);
  }

  void clear_or_report(const ev_header& h, Judge& judge) {
    if (suspects_.empty()) return;
    auto it = suspects_.find(h.mm);
    if (it == suspects_.end()) return;
    const bool soon = h.time <= it->second.h.time + Mirror::kClockSlack;
    if (soon && h.tid == it->second.h.tid) return;
    if (!soon) report(it->second, judge);
    suspects_.erase(it);
  }

  static constexpr size_t kMost = 4096;
  std::unordered_map<uint64_t, Suspect> suspects_;  // by mm, one at a time
};

RULE(ord_03_counters_drift, CountersDrift,
     {.id = "ORD-03",
      .name = "counters_drift",
      .level = Level::hard,
      .party = Party::core,
      .says = "active_invalidate_ranges counts the open invalidations of the mm; with none open invalidate_seq is even and "
              "deferred_list is empty",
      .because = "mm/mmu_notifier.c, mn_itree_inv_start_range() and mn_itree_inv_end()",
      .not_claimed = "mms that were never seen quiescent; values read while an invalidation began or ended on another CPU",
      .look_at = "a start that failed after the interval tree had been counted: mn_hlist_invalidate_range_start() returning an error",
      .also = {EV_inv_start_ret, EV_inv_end_ret, EV_itree_end, EV_mm_release_ret}})

}  // namespace mirrorscope::rules
