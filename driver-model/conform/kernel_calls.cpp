// SPDX-License-Identifier: Apache-2.0
// An invalidation from its start to its end: the order inside one call, its result, and what both counters must be at each record.
#include "driver-model/conform/kernel_states.h"

namespace mirrorscope::conform {

namespace {
constexpr size_t kMostCalled = 4096;  // callbacks in one invalidation: more than the kernel ever calls in one
bool is_done(int slot, uint64_t done) { return slot < 0 || done >> slot & 1; }
bool has(const std::vector<uint64_t>& list, uint64_t one) { return std::find(list.begin(), list.end(), one) != list.end(); }
}  // namespace

// Every sub that the start found in the tree is called, as far as its callback has a probe (mn_itree_invalidate). One that found none, at an even
// sequence, leaves the tree open for others, and does not look again: what has been inserted since then is not its to call. At an odd one the
// tree stays as it is until the start's own end.
bool Kernel::all_called(const Space& s, const State& state, const Call& c) const {
  for (const auto& [slot, cur_seq] : state.result)
    if (slot == c.slot && cur_seq % 2 == 0) return true;
  bool all = true;
  auto look = [&](const Watch& w) {
    spend(1 + c.called.size() / 64);
    const Where at = where(s, state, w);
    if (at != in_tree && at != deferred_remove) return;
    if (w.start > c.last || c.start > w.last || has(c.called, w.ptr)) return;
    if (probes_known_) {
      const auto since = callback_since_.find(w.fn);
      if (since == callback_since_.end() || since->second > c.time) return;
    }
    all = false;
  };
  if (!s.tree.overlapping(c.start, c.last, look)) return true;
  for (const Place& p : state.moved)
    if (const auto w = watches_.find(p.sub); w != watches_.end() && !w->second.settled) look(w->second);
  return all;
}

void Kernel::on(Now n, const ev_inv_start& e) {
  Space& s = *space_of(n, e.h.mm);
  if (s.regions.erase({n.task.key, e.range})) lose(s);
  Call& c = enter(n, e.range, s);
  c.start = e.start;
  c.last = e.end - 1;
  c.blockable = e.flags & 1;
  c.itree = e.has_itree;
  if (!c.itree) return;
  if (observe(n, s, {e.seq, e.active, n.before}, [](const State&) { return true; }, "in front of a start"))
    c.slot = due(s, Kind::start, n.task.key, true, c.start, c.last, 0);
}

// A sub that was there before is in the tree for certain when a second episode calls it: in the first its removal, whose record is not
// here, may have been waiting (mmu_interval_notifier_remove()).
void Kernel::called_in(Space& s, Watch& w, uint64_t episode) {
  const bool again = w.called_in && w.called_in != episode;
  w.called_in = episode;
  if (!again || s.tree_known || w.settled) return;
  for (const State& state : s.states)
    for (const Place& p : state.moved)
      if (p.sub == w.ptr) return;
  w.settled = true;
  s.tree.add(w.start, w.last, &w);
}

void Kernel::on(Now n, const ev_cb_enter& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = invalidating(n);
  if (c && c->id == EV_inv_start && c->key != e.range) c = nullptr;
  auto w = watches_.find(e.sub);
  const bool other = w != watches_.end() && (w->second.mm != s.mm || w->second.start != e.sub_start || w->second.last != e.sub_last);
  if (!c || c->id == EV_inv_end) lose(s);
  if (w == watches_.end() || other) {
    if (!s.states.empty() && s.tree_known) {
      diverge(n, s, "no callback of a sub that was not inserted", "one");
    } else {
      watch(e.sub, s.mm, e.sub_start, e.sub_last).fn = e.fn;
      w = watches_.find(e.sub);
    }
  }
  if (w != watches_.end()) called_in(s, w->second, e.cur_seq);
  if (c && !s.states.empty()) {
    const Watch& sub = w->second;
    const bool twice = has(c->called, e.sub), late = c->phase != Phase::tree || (c->refused && !c->blockable);
    if (twice || late || sub.start > c->last || c->start > sub.last)
      diverge(n, s, twice ? "each sub is called once by a start" : late ? "callbacks of the tree come before what is behind it" : "a callback whose sub the range meets",
              "a callback");
    else
      observe(n, s, {e.seq, e.active, n.before},
              [&](const State& state) {
                const Where at = where(s, state, sub);
                const bool given = c->slot < 0 || std::find(state.result.begin(), state.result.end(),
                                                            std::pair<uint8_t, uint64_t>(c->slot, e.cur_seq)) != state.result.end();
                return is_done(c->slot, state.done) && given && (at == in_tree || at == deferred_remove || (!s.tree_known && at == gone));
              },
              "a callback with the cur_seq of its start");
  }
  if (c && c->called.size() == kMostCalled) lose(s);
  else if (c) c->called.push_back(e.sub);
  if (!s.states.empty()) check_m(n, s, e.sub, e.sub_seq, n.before);
  Call& in = enter(n, e.sub, s);
  in.value = e.cur_seq;
  if (auto again = watches_.find(e.sub); again != watches_.end()) {
    again->second.fn = e.fn;
    if (!again->second.m.known()) again->second.m.becomes(e.sub_seq, now_);
    again->second.m.may_become(e.cur_seq);
    ++again->second.callbacks;
  }
}

void Kernel::on(Now n, const ev_cb_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* in = innermost(n, EV_cb_enter, e.sub);
  if (in && in->value != e.cur_seq && !s.states.empty()) diverge(n, s, "cur_seq " + std::to_string(in->value), std::to_string(e.cur_seq));
  observe(n, s, {e.seq, e.active, n.before}, [](const State&) { return true; }, "behind a callback");
  if (in && !s.states.empty()) check_m(n, s, e.sub, e.sub_seq, in->at);
  const uint64_t entered = in ? in->at : 0;
  leave(n, in, s);
  if (auto w = watches_.find(e.sub); w != watches_.end()) {
    if (w->second.callbacks) --w->second.callbacks;
    // what it shows was read before its time was taken: another one that returned meanwhile may have stored a newer one behind the reading
    const bool alone = entered && w->second.returned <= entered;
    if (!w->second.callbacks && !e.finish && alone) w->second.m.becomes(e.sub_seq, now_);
    w->second.returned = now_;
  }
  Call* c = invalidating(n);
  if (!c || c->id == EV_inv_end) return;
  if (!e.ret && !c->blockable) {
    c->refused = true;
    if (!probed(EV_itree_end)) c->end_slot = due(s, Kind::end, n.task.key, true, 0, 0, 0);
  }
  if (e.ret && e.finish && c->promised.size() == kMostCalled) lose(s);
  else if (e.ret && e.finish) c->promised.push_back(e.finish);
}

void Kernel::on(Now n, const ev_cb_finish& e) {
  Space* s = space_of(n, e.h.mm);
  if (!s) return;
  Call* c = invalidating(n);
  if (!c) lose(*s);
  if (c && !s->states.empty() && !has(c->promised, e.finish) && !probes_known_)
    diverge(n, *s, "a finish that a callback has handed out", "another");
  if (c) {
    std::erase(c->promised, e.finish);
    c->phase = Phase::finishing;
  }
  enter(n, e.finish, *s);
}

void Kernel::on(Now n, const ev_cb_finish_ret& e) {
  if (Space* s = space_of(n, e.h.mm)) leave(n, innermost(n, EV_cb_finish, e.finish), *s);
}

void Kernel::on(Now n, const ev_hl_start& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = invalidating(n);
  if (c && c->id == EV_inv_start && c->phase != Phase::list) {
    c->phase = Phase::list;
    if (!s.states.empty() && (c->refused || !c->promised.empty()))
      diverge(n, s, c->refused ? "no list behind a tree that has refused" : "the list behind all finish passes", "an op of the list");
    else if (c->itree)
      observe(n, s, {}, [&](const State& state) { return is_done(c->slot, state.done) && all_called(s, state, *c); },
              "the list behind every callback of the tree");
  }
  enter(n, e.sub, s);
}

void Kernel::on(Now n, const ev_hl_start_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  leave(n, innermost(n, EV_hl_start, e.sub), s);
  if (Call* c = invalidating(n); c && e.ret) c->list_refused = true;
}

void Kernel::on(Now n, const ev_hl_end& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = invalidating(n);
  if (c && c->id == EV_inv_end && c->itree && !c->ended && probed(EV_itree_end) && !s.states.empty())
    diverge(n, s, "the tree's end before the list's", "the list's");
}

void Kernel::on(Now n, const ev_itree_end& e) {
  Space* s = space_of(n, e.h.mm);
  if (!s) return;
  Call* c = invalidating(n);
  if (!c) lose(*s);
  if (c && !s->states.empty()) {
    const bool expected = c->id == EV_inv_end || c->id == EV_mm_release || c->refused;
    if (!expected || !c->promised.empty()) {
      diverge(n, *s, expected ? "the end behind all finish passes" : "no end inside a start that nobody has refused", "mn_itree_inv_end()");
    } else {
      const Call parent = *c;
      const bool release = c->id == EV_mm_release;
      observe(n, *s, {e.seq, e.active, n.before},
              [&](const State& state) { return is_done(parent.slot, state.done) && (!release || all_called(*s, state, parent)); },
              "in front of mn_itree_inv_end()");
      if (c->end_slot < 0) c->end_slot = due(*s, Kind::end, n.task.key, true, 0, 0, 0);
    }
  }
  enter(n, e.subs, *s);
}

void Kernel::on(Now n, const ev_itree_end_ret& e) {
  Space* s = space_of(n, e.h.mm);
  if (!s) return;
  leave(n, innermost(n, EV_itree_end, e.subs), *s);
  Call* c = invalidating(n);
  if (!c) return lose(*s);
  c->ended = true;
  observe(n, *s, {e.seq, e.active, n.before}, [&](const State& state) { return is_done(c->end_slot, state.done); },
          "behind mn_itree_inv_end()");
  retire(*s, c->slot);
  retire(*s, c->end_slot);
  establish(n, *s, e.seq, e.active);
}

void Kernel::on(Now n, const ev_inv_start_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_inv_start, e.range);
  if (c && c->itree && !s.states.empty()) {
    const bool refused = c->refused || c->list_refused;
    if (refused != (e.ret != 0)) {
      if (refused || (s.tree_known && !s.lists) || !probes_known_)
        diverge(n, s, refused ? "-EAGAIN, as somebody has refused" : "0, as nobody has refused", "ret " + std::to_string(e.ret));
      else
        lose(s);  // an op without a probe may have refused
    } else if (!c->promised.empty()) {
      diverge(n, s, "every finish pass before a start returns", "a start that returns");
    } else {
      observe(n, s, {e.seq, e.active, n.before},
              [&](const State& state) {
                return is_done(c->slot, state.done) && is_done(c->end_slot, state.done) && (c->refused || all_called(s, state, *c));
              },
              "behind a start that has called every sub it meets");
    }
  }
  if (c) {
    leave(n, c, s);
  } else {
    lose(s);
  }
  if (!e.ret) s.regions[{n.task.key, e.range}] = e.has_itree != 0;
  if (e.has_itree) establish(n, s, e.seq, e.active);
}

void Kernel::on(Now n, const ev_inv_end& e) {
  Space& s = *space_of(n, e.h.mm);
  const auto r = s.regions.find({n.task.key, e.range});
  Call& c = enter(n, e.range, s);
  if (r != s.regions.end()) {
    c.itree = r->second;
    s.regions.erase(r);
  } else if (innermost(n, EV_inv_start, e.range)) {  // the return is missing
    lose(s);
  } else if (!s.states.empty()) {
    c.itree = true;
    if (observe(n, s, {}, [](const State& state) { return state.foreign > 0; }, "no end of what has not begun"))
      for (State& state : s.states) --state.foreign;
  }
  if (c.itree && !probed(EV_itree_end)) c.end_slot = due(s, Kind::end, n.task.key, true, 0, 0, 0);
}

void Kernel::on(Now n, const ev_inv_end_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_inv_end, e.range);
  if (c && c->itree && !s.states.empty()) {
    if (!c->ended && probed(EV_itree_end) && probed(EV_itree_end_ret))
      diverge(n, s, "mn_itree_inv_end() inside every end", "an end without it");
    else
      observe(n, s, {e.seq, e.active, n.before}, [&](const State& state) { return is_done(c->end_slot, state.done); }, "behind an end");
  }
  leave(n, c, s);
}

void Kernel::on(Now n, const ev_mm_release& e) {
  Space& s = *space_of(n, e.h.mm);
  Call& c = enter(n, e.h.mm, s);
  c.last = UINT64_MAX - 1;
  c.slot = due(s, Kind::start, n.task.key, true, 0, c.last, 0);
}

void Kernel::on(Now n, const ev_mm_release_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_mm_release, e.h.mm);
  if (c && !s.states.empty()) {
    const bool ended = c->ended || !probed(EV_itree_end);
    if (ended && c->end_slot < 0 && !c->ended) lose(s);
    observe(n, s, {e.seq, e.active, n.before},
            [&](const State& state) { return ended ? is_done(c->slot, state.done) : c->slot < 0 || !(state.done >> c->slot & 1); },
            "behind a release");
  }
  leave(n, c, s);
}

void Kernel::on(Now, const ev_mm_exit_ret& e) {
  const auto s = spaces_.find(e.h.mm);
  if (s == spaces_.end()) return;
  drop(s->second);
  touched_ = nullptr;
  spaces_.erase(s);
}

}  // namespace mirrorscope::conform
