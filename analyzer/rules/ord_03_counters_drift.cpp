// SPDX-License-Identifier: Apache-2.0
// ORD-03: active_invalidate_ranges counts the open invalidations, and with none open nothing is left deferred.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class CountersDrift final : public RuleOf<CountersDrift> {
 public:
  // What another CPU does right after may, by the clocks, have been before: a wrong value waits for that.
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    clear_or_report(e.h, judge);
    if (e.has_itree) compare(e.h, e.active, e.seq, f, "before a start", judge);
  }
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    if (e.has_itree) compare(e.h, e.active, e.seq, f, "after a start", judge);
  }
  void on(const ev_inv_end& e, const Facts&, Judge& judge) { clear_or_report(e.h, judge); }
  void on(const ev_inv_end_ret& e, const Facts& f, Judge& judge) { compare(e.h, e.active, e.seq, f, "after an end", judge); }
  void on(const ev_itree_end& e, const Facts& f, Judge& judge) { compare(e.h, e.active, e.seq, f, "before an end", judge); }
  void on(const ev_itree_end_ret& e, const Facts& f, Judge& judge) {
    if (f.active_most == 0 && e.deferred && f.active_is_exact)
      suspect(e.h, f, "no invalidation is open and deferred_list is not empty", judge);
    else
      compare(e.h, e.active, e.seq, f, "after an end", judge);
  }
  void on(const ev_sub_insert_ret& e, const Facts& f, Judge& judge) {
    if (!e.ret) compare(e.h, e.active, e.seq, f, "after an insert", judge);
  }
  void on(const ev_mm_release& e, const Facts&, Judge& judge) { clear_or_report(e.h, judge); }
  void on(const ev_mm_release_ret& e, const Facts& f, Judge& judge) {
    compare(e.h, e.active, e.seq, f, "after the release", judge);
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
    uint64_t generation;  // of the mm
    std::string what;
  };

  void compare(const ev_header& h, uint64_t value, uint64_t seq, const Facts& f, std::string_view when, Judge& judge) {
    if (f.active_most < 0) return;
    const auto active = static_cast<int64_t>(value);
    std::string wrong;
    if (active < f.active_least)
      wrong = fmt::format("{} active_invalidate_ranges is {} with {} invalidations open for certain", when, active, f.active_least);
    else if (active > f.active_most)
      wrong = fmt::format("{} active_invalidate_ranges is {} with at most {} invalidations open: until it is 0 every read_begin waits", when,
                          active, f.active_most);
    else if (f.active_most == 0 && seq % 2)
      wrong = fmt::format("{} no invalidation is open and invalidate_seq is odd ({}): every read_begin waits", when, seq);
    if (!f.active_is_exact) {
      if (wrong.empty()) judge.held();
      return;
    }
    if (!wrong.empty()) return suspect(h, f, std::move(wrong), judge);
    if (!drifted_.empty()) drifted_.erase(f.mm->generation);
    judge.held();
  }

  // Once per mm until a record shows the right value again: what is counted too high stays so.
  void suspect(const ev_header& h, const Facts& f, std::string wrong, Judge& judge) {
    if (suspects_.contains(f.mm->ptr)) return;
    if (suspects_.size() >= kMost) return judge.unknown();
    if (drifted_.size() >= kMost) drifted_.clear();  // then it is said once more
    if (!drifted_.insert(f.mm->generation).second) return;
    // a start whose entry is missing is counted, and is known only when its return is seen: it may have begun whenever the mm was not quiet
    const EventRef entry = f.has_entry ? f.entry->at : EventRef{};
    const uint64_t read_after = f.has_entry ? entry.time : f.task_was_at;
    uint64_t since = std::min(f.mm->quiet, read_after);
    // and what passes for open may have been ended by a record that is missing
    if (f.mm->open_regions)
      mirror_->each_task([&](const Task& t) {
        for (const Region& r : t.regions)
          if (r.mm == f.mm->ptr) since = std::min(since, r.started.time);
      });
    suspects_[f.mm->ptr] = {h, entry, since, f.mm->generation, std::move(wrong)};
  }

  static void report(const Suspect& s, Judge& judge) {
    std::vector<Evidence> evidence;
    if (s.entry) evidence.push_back({s.entry, "the call whose return shows it"});
    judge.broken(s.h, s.since, std::move(evidence), s.what);
  }

  void clear_or_report(const ev_header& h, Judge& judge) {
    if (suspects_.empty()) return;
    auto it = suspects_.find(h.mm);
    if (it == suspects_.end()) return;
    const bool soon = h.time <= it->second.h.time + Mirror::kClockSlack;
    if (soon && h.tid == it->second.h.tid) return;
    if (!soon)
      report(it->second, judge);
    else
      drifted_.erase(it->second.generation);  // it may have been right: the next record tells
    suspects_.erase(it);
  }

  static constexpr size_t kMost = 4096;
  std::unordered_map<uint64_t, Suspect> suspects_;  // by mm, one at a time
  std::unordered_set<uint64_t> drifted_;            // generations of mms of which it was said
};

RULE(ord_03_counters_drift, CountersDrift,
     {.id = "ORD-03",
      .name = "counters_drift",
      .level = Level::hard,
      .party = Party::core,
      .says = "active_invalidate_ranges counts the open invalidations of the mm; with none open invalidate_seq is even and "
              "deferred_list is empty",
      .because = "mm/mmu_notifier.c, mn_itree_inv_start_range() and mn_itree_inv_end()",
      .not_claimed = "mms that were never seen quiescent; values read while an invalidation began or ended on another CPU; more than once that a mm's "
                     "counter is off, until it is right again",
      .look_at = "a start that failed after the interval tree had been counted: mn_hlist_invalidate_range_start() returning an error",
      .also = {}})

}  // namespace mirrorscope::rules
