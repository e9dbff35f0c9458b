// SPDX-License-Identifier: Apache-2.0
// The kernel half of conformance: mm/mmu_notifier.c as machine/counters.h has it, stepped by the records of a trace of any size.
//
// What happens under subscriptions->lock has no record of its own, but lies between an entry and the next record of that task. So per
// mm it keeps every state that it may be in: each record first lets the steps that are under way be taken or not, in any order, then
// drops the states that contradict it. No state left is a divergence. The reference mirror (driver-model/mirror) does not do: it bounds
// active_invalidate_ranges and never says which invalidate_seq a start must have seen.
//
// What was before the recording, or behind a loss, is unknown: it learns the counters again from a return that shows them while no other
// task is inside a call that changes them, and the tree from callbacks.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "driver-model/conform/divergence.h"
#include "driver-model/conform/value_log.h"
#include "driver-model/mirror/span_list.h"
#include "schema/events.h"

namespace mirrorscope::conform {

class Kernel {
 public:
  // Records come in non-decreasing time order.
  void step(const ev_header& record);
  // Records are missing in front of the next one.
  void forget();

  const std::vector<Divergence>& divergences() const { return divergences_; }
  const std::map<uint64_t, Replayed>& mms() const { return replayed_; }  // by mm

 private:
  enum Where : uint8_t { in_tree, deferred_insert, deferred_remove, gone };
  enum class Kind : uint8_t { start, end, insert, remove };

  struct Watch {  // a struct mmu_interval_notifier
    uint64_t ptr = 0, mm = 0, start = 0, last = 0, fn = 0;
    bool settled = false;    // in the tree, in every state
    uint32_t callbacks = 0;  // under way
    uint64_t returned = 0;   // number of the record of the last one that returned
    uint64_t called_in = 0;  // episode of its last callback
    ValueLog m;              // its invalidate_seq
  };
  // A step under subscriptions->lock that is due. States say whether it is done.
  struct Slot {
    Kind kind = Kind::start;
    bool used = false, armed = false;
    uint64_t task = 0, start = 0, last = 0, sub = 0;
  };
  struct Place {
    uint64_t sub;
    Where where;
    auto operator<=>(const Place&) const = default;
  };
  struct State {
    uint64_t seq = 0, active = 0, done = 0;
    uint64_t foreign = 0;  // invalidations counted in `active` whose start was not seen
    std::vector<std::pair<uint8_t, uint64_t>> result;  // by slot: cur_seq of a start, m of an insert
    std::vector<Place> moved;                          // subs that are not where every state has them
    auto operator<=>(const State&) const = default;
  };
  struct Pair {
    size_t operator()(const std::pair<uint64_t, uint64_t>& p) const { return (p.first * 0x9e3779b97f4a7c15ull ^ p.second) * 0xff51afd7ed558ccdull >> 7; }
  };
  struct Space {  // one mm
    uint64_t mm = 0, since = 0;
    bool tree_known = false;
    bool has_itree = false;     // a registration has made, or found, the tree
    bool lists = false;         // it has, or had, a struct mmu_notifier
    std::vector<State> states;  // empty: not known
    std::vector<Slot> slots;
    std::unordered_map<std::pair<uint64_t, uint64_t>, bool, Pair> regions;  // open ones by task and range: had the mm a tree?
    std::unordered_map<uint64_t, uint32_t> inside;  // tasks, and in how many calls that change counters
    std::unordered_set<uint64_t> watched;           // subs of watches_ that are its
    SpanList<Watch> tree;          // settled ones
    ValueLog seqs, actives;
    uint64_t last_by = 0, last = 0, last_other = 0;  // who made the last record, its number; the last of anyone else
    uint64_t last_time = 0;
    uint16_t last_cpu = 0;
    size_t suspect = SIZE_MAX;  // a divergence whose neighbours are not all seen
    Replayed* replayed = nullptr;
  };
  enum class Phase : uint8_t { tree, finishing, list };
  struct Call {
    uint16_t id = 0;
    uint64_t key = 0, mm = 0, at = 0;  // at: number of the entry record
    uint64_t start = 0, last = 0, value = 0, time = 0;
    int slot = -1, end_slot = -1;
    Phase phase = Phase::tree;
    bool blockable = true, refused = false, list_refused = false, itree = false, ended = false, finish = false;
    std::vector<uint64_t> called, promised;
  };
  struct Task {
    uint64_t key = 0, last = 0;  // number of its last record
    std::vector<Call> calls;
  };
  struct Now {  // the record that is looked at
    const ev_header& h;
    Task& task;
    uint64_t before;  // number of the task's record before this one, 0 = none
  };

  // kernel_calls.cpp: which call a record belongs to, and what may come where in it
  void on(Now, const ev_inv_start&);
  void on(Now, const ev_inv_start_ret&);
  void on(Now, const ev_inv_end&);
  void on(Now, const ev_inv_end_ret&);
  void on(Now, const ev_itree_end&);
  void on(Now, const ev_itree_end_ret&);
  void on(Now, const ev_mm_release&);
  void on(Now, const ev_mm_release_ret&);
  void on(Now, const ev_mm_exit_ret&);
  void on(Now, const ev_cb_enter&);
  void on(Now, const ev_cb_ret&);
  void on(Now, const ev_cb_finish&);
  void on(Now, const ev_cb_finish_ret&);
  void on(Now, const ev_hl_start&);
  void on(Now, const ev_hl_start_ret&);
  void on(Now, const ev_hl_end&);
  // kernel_subs.cpp: notifiers, their sequences, the read side
  void on(Now, const ev_mn_register&);
  void on(Now, const ev_mn_register_ret&);
  void on(Now, const ev_mn_seen&);
  void on(Now, const ev_sub_insert&);
  void on(Now, const ev_sub_insert_ret&);
  void on(Now, const ev_sub_remove&);
  void on(Now, const ev_sub_remove_ret&);
  void on(Now, const ev_sub_seen&);
  void on(Now, const ev_read_begin&);
  void on(Now, const ev_read_begin_ret&);
  void on(Now, const ev_range_fault&);
  void on(Now, const ev_range_fault_ret&);
  void on(Now, const ev_revalidate&);
  void on(Now, const ev_dev_map&);
  void on(Now, const ev_probe_state&);
  template <typename Ev>
  void on(Now, const Ev&) {}
  template <uint16_t event, typename Ev>
  bool take(Now, const Ev&);

  Call& enter(Now, uint64_t key, Space&);
  Call* innermost(Now, uint16_t id, uint64_t key);
  Call* invalidating(Now);
  void leave(Now, Call*, Space&);
  Space* space_of(Now, uint64_t mm);
  bool probed(uint16_t event) const { return !probes_known_ || probed_[event]; }
  void called_in(Space&, Watch&, uint64_t episode);
  bool all_called(const Space&, const State&, const Call&) const;

  // kernel_states.cpp: the states of an mm
  int due(Space&, Kind, uint64_t task, bool armed, uint64_t start, uint64_t last, uint64_t sub);
  void spread(Space&);
  std::vector<State> next(const Space&, const State&, uint8_t slot) const;
  bool meets(const Space&, const State&, uint64_t start, uint64_t last) const;
  Where where(const Space&, const State&, const Watch&) const;
  struct Seen {
    std::optional<uint64_t> seq, active;
    uint64_t from = 0;  // number of the record that they were read after
  };
  template <typename Fits>
  bool observe(Now, Space&, Seen, Fits, std::string_view allowed);
  bool quiet(const Space&, uint64_t task, uint64_t from) const;
  void retire(Space&, int& slot);
  void settle(Space&);
  void establish(Now, Space&, uint64_t seq, uint64_t active);
  void lose(Space&);
  void drop(Space&);
  void diverge(Now, Space&, std::string allowed, std::string recorded);
  Watch& watch(uint64_t ptr, uint64_t mm, uint64_t start, uint64_t last);
  void unwatch(uint64_t ptr);
  bool check_m(Now, Space&, uint64_t sub, uint64_t value, uint64_t from);

  Space* touched_ = nullptr;  // by this record
  uint64_t now_ = 0;  // running number of the record, from 1
  std::unordered_map<uint64_t, Task> tasks_;
  std::unordered_map<uint64_t, Space> spaces_;
  std::unordered_set<uint64_t> known_;  // mms of which something was learnt since the last loss
  std::unordered_map<uint64_t, Watch> watches_;
  std::map<uint64_t, Replayed> replayed_;
  std::vector<Divergence> divergences_;
  std::array<bool, EV_LIMIT> probed_{};
  std::unordered_map<uint64_t, uint64_t> callback_since_;  // by function: time since which its entry has records
  // What the states of mms have cost, in states and subs looked at, and what they may: so much for each record, and some saved up for where many
  // tasks are at work at a time. Who makes more of them is not followed.
  static constexpr uint64_t kWorkPerRecord = 4096, kMostSaved = 1u << 22;
  mutable uint64_t work_left_ = kMostSaved;
  void spend(uint64_t work) const { work_left_ -= work < work_left_ ? work : work_left_; }
  bool probes_known_ = false;
  bool gaps_ = false;  // records were lost: nothing begins here for certain
};

std::string counters_text(uint64_t seq, uint64_t active);

}  // namespace mirrorscope::conform
