// SPDX-License-Identifier: Apache-2.0
// Every state that an mm may be in: how steps that are under way spread them, how they are learnt, and what a divergence says.
#include "driver-model/conform/kernel_states.h"

#include <set>

#include "driver-model/machine/counters.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope::conform {

namespace {
constexpr size_t kMostSlots = 64, kMostStates = 2048;
}  // namespace

std::string counters_text(uint64_t seq, uint64_t active) {
  return "seq " + std::to_string(seq) + ", active " + std::to_string(active);
}

int Kernel::due(Space& s, Kind kind, uint64_t task, bool armed, uint64_t start, uint64_t last, uint64_t sub) {
  if (s.states.empty()) return -1;
  size_t i = 0;
  while (i < s.slots.size() && s.slots[i].used) ++i;
  if (i == kMostSlots) {
    lose(s);
    return -1;
  }
  if (i == s.slots.size()) s.slots.emplace_back();
  s.slots[i] = Slot{kind, true, armed, task, start, last, sub};
  return static_cast<int>(i);
}

Kernel::Where Kernel::where(const Space&, const State& state, const Watch& w) const {
  for (const Place& p : state.moved)
    if (p.sub == w.ptr) return p.where;
  return w.settled ? in_tree : gone;
}

// interval_tree_iter_first(): is any sub in the tree concerned?
bool Kernel::meets(const Space& s, const State& state, uint64_t start, uint64_t last) const {
  bool any = false;
  const bool all = s.tree.overlapping(start, last, [&](const Watch& w) {
    spend(1);
    const Where at = where(s, state, w);
    any = at == in_tree || at == deferred_remove;
    return !any;
  });
  if (any || !all) return true;
  for (const Place& p : state.moved) {
    if (p.where != in_tree && p.where != deferred_remove) continue;
    const auto w = watches_.find(p.sub);
    any = any || (w != watches_.end() && w->second.start <= last && start <= w->second.last);
  }
  return any;
}

namespace {
template <typename Places, typename Where>
void put(Places& moved, uint64_t sub, Where where) {
  for (auto& p : moved)
    if (p.sub == sub) {
      p.where = where;
      return;
    }
  moved.push_back({sub, where});
}
}  // namespace

// What becomes of a state when this step is taken; nothing if it cannot be.
std::vector<Kernel::State> Kernel::next(const Space& s, const State& from, uint8_t slot) const {
  const Slot& d = s.slots[slot];
  State to = from;
  to.done |= 1ull << slot;
  switch (d.kind) {
    case Kind::start: {
      const bool met = meets(s, from, d.start, d.last);
      std::vector<State> all;
      for (const bool meets_some : {met, true}) {
        State one = to;
        model::counted_start(one.seq, one.active, meets_some);
        one.result.emplace_back(slot, one.seq);
        if (all.empty() || all.back() != one) all.push_back(one);
        if (met || s.tree_known) break;  // a sub that is not known of may be there
      }
      return all;
    }
    case Kind::end:
      if (!to.active) return {};
      if (model::counted_end(to.seq, to.active))
        for (Place& p : to.moved) {
          if (p.where == deferred_insert) p.where = in_tree;
          else if (p.where == deferred_remove) p.where = gone;
        }
      return {to};
    case Kind::insert: {
      uint64_t m = 0;
      put(to.moved, d.sub, model::counted_insert(to.seq, to.active, m) ? deferred_insert : in_tree);
      to.result.emplace_back(slot, m);
      return {to};
    }
    case Kind::remove: {
      const auto w = watches_.find(d.sub);
      const Where at = w == watches_.end() ? in_tree : where(s, from, w->second);
      put(to.moved, d.sub, at == in_tree && model::removal_waits(to.seq) ? deferred_remove : gone);
      return {to};
    }
  }
  return {};
}

// Steps that are due may have been taken by now, or not, in any order.
void Kernel::spread(Space& s) {
  bool any = false;
  for (const Slot& d : s.slots) any = any || (d.used && d.armed);
  if (any) {
    std::vector<State> all = s.states;
    std::set<State> met(all.begin(), all.end());
    for (size_t i = 0; i < all.size(); ++i) {
      for (uint8_t slot = 0; slot < s.slots.size(); ++slot) {
        if (!s.slots[slot].used || !s.slots[slot].armed || all[i].done >> slot & 1) continue;
        for (State& one : next(s, State(all[i]), slot)) {
          std::sort(one.result.begin(), one.result.end());
          std::sort(one.moved.begin(), one.moved.end());
          spend(1);
          if (met.insert(one).second) all.push_back(std::move(one));
        }
      }
      if (all.size() > kMostStates || !work_left_) return lose(s);
    }
    s.states = std::move(all);
  }
  for (const State& state : s.states) {
    s.seqs.had(state.seq, now_);
    s.actives.had(state.active, now_);
  }
}

// Has nobody else changed anything since, and is nobody about to?
bool Kernel::quiet(const Space& s, uint64_t task, uint64_t from) const {
  const uint64_t others = s.last_by == task ? s.last_other : s.last;
  if (others > from) return false;
  for (uint8_t i = 0; i < s.slots.size(); ++i) {
    const Slot& d = s.slots[i];
    if (!d.used || !d.armed || d.task == task) continue;
    for (const State& state : s.states)
      if (!(state.done >> i & 1)) return false;
  }
  return true;
}

// A step that every state has taken is no longer due.
void Kernel::retire(Space& s, int& slot) {
  if (slot < 0) return;
  const auto i = static_cast<size_t>(slot);
  slot = -1;
  if (i >= s.slots.size() || !s.slots[i].used) return;
  s.slots[i].used = false;
  for (State& state : s.states) {
    state.done &= ~(1ull << i);
    std::erase_if(state.result, [&](const auto& r) { return r.first == i; });
  }
  settle(s);
}

void Kernel::settle(Space& s) {
  std::sort(s.states.begin(), s.states.end());
  s.states.erase(std::unique(s.states.begin(), s.states.end()), s.states.end());
  if (s.states.empty()) return;
  const std::vector<Place> moved = s.states[0].moved;
  for (const Place& p : moved) {
    if (p.where != in_tree && p.where != gone) continue;
    bool same = true;
    for (const State& state : s.states) same = same && std::find(state.moved.begin(), state.moved.end(), p) != state.moved.end();
    for (const Slot& d : s.slots) same = same && !(d.used && d.sub == p.sub);
    if (!same) continue;
    if (auto w = watches_.find(p.sub); w != watches_.end()) {
      if (w->second.settled) s.tree.remove(w->second.start, &w->second);
      w->second.settled = p.where == in_tree;
      if (w->second.settled) s.tree.add(w->second.start, w->second.last, &w->second);
    }
    for (State& state : s.states) std::erase(state.moved, p);
  }
}

// Both counters were read while nobody else was inside anything that changes them.
void Kernel::establish(Now n, Space& s, uint64_t seq, uint64_t active) {
  if (!s.states.empty() || active < s.regions.size() || !n.before) return;
  const uint64_t others = s.last_by == n.task.key ? s.last_other : s.last;
  if (others >= n.before) return;
  if (s.inside.size() > s.inside.count(n.task.key)) return;
  State state;
  state.seq = seq;
  state.active = active;
  state.foreign = active - s.regions.size();
  s.states = {state};
  s.slots.clear();
  s.since = n.h.time;
  s.seqs.forget(now_);
  s.actives.forget(now_);
  s.seqs.had(seq, now_);
  s.actives.had(active, now_);
}

// Its state is not known any more, nor which subs it has besides those that callbacks show.
void Kernel::lose(Space& s) {
  if (!s.states.empty()) ++s.replayed->stretches;
  s.states.clear();
  s.slots.clear();
  s.tree_known = false;
}

void Kernel::drop(Space& s) {
  lose(s);
  s.regions.clear();
  s.inside.clear();
  s.tree.clear();
  for (uint64_t sub : s.watched) watches_.erase(sub);
  s.watched.clear();
}

void Kernel::forget() {
  gaps_ = true;
  for (uint64_t mm : known_)
    if (const auto s = spaces_.find(mm); s != spaces_.end()) drop(s->second);
  known_.clear();
  tasks_.clear();
}

void Kernel::diverge(Now n, Space& s, std::string allowed, std::string recorded) {
  Divergence d;
  d.at = EventRef::of(n.h);
  d.tid = n.h.tid;
  d.mm = s.mm;
  d.since = s.since;
  // clocks of two CPUs may differ by a little: the record may belong in front of its neighbour
  d.close = s.last_cpu != n.h.cpu && s.last_time + Mirror::kClockSlack > n.h.time;
  d.allowed = std::move(allowed);
  d.recorded = std::move(recorded);
  ++s.replayed->divergences;
  s.suspect = divergences_.size();
  divergences_.push_back(std::move(d));
  lose(s);
}

Kernel::Watch& Kernel::watch(uint64_t ptr, uint64_t mm, uint64_t start, uint64_t last) {
  unwatch(ptr);
  Watch& w = watches_[ptr];
  w.ptr = ptr;
  w.mm = mm;
  w.start = start;
  w.last = last;
  w.m.forget(now_);
  if (auto s = spaces_.find(mm); s != spaces_.end()) s->second.watched.insert(ptr);
  return w;
}

void Kernel::unwatch(uint64_t ptr) {
  const auto w = watches_.find(ptr);
  if (w == watches_.end()) return;
  if (auto s = spaces_.find(w->second.mm); s != spaces_.end()) {
    if (w->second.settled) s->second.tree.remove(w->second.start, &w->second);
    s->second.watched.erase(ptr);
    for (State& state : s->second.states) std::erase_if(state.moved, [&](const Place& p) { return p.sub == ptr; });
  }
  watches_.erase(w);
}

}  // namespace mirrorscope::conform
