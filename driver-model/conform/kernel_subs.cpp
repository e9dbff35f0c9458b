// SPDX-License-Identifier: Apache-2.0
// Interval notifiers as they come and go, the sequence of each, and what readers may be given (mmu_interval_read_begin, hmm_range_fault).
#include "driver-model/conform/kernel_states.h"

namespace mirrorscope::conform {

// Can the sub's invalidate_seq have been read as this since then?
bool Kernel::check_m(Now n, Space& s, uint64_t sub, uint64_t value, uint64_t from) {
  const auto w = watches_.find(sub);
  if (w == watches_.end() || s.states.empty()) return true;
  ++s.replayed->steps;
  if (w->second.m.allows(value, from)) return true;
  diverge(n, s, "invalidate_seq of the sub " + w->second.m.to_text(from), std::to_string(value));
  return false;
}

void Kernel::on(Now n, const ev_mn_register& e) {
  if (Space* s = space_of(n, e.h.mm)) enter(n, e.sub, *s);
}

// The first of an mm's tree: no invalidation is under way (mm_take_all_locks), nothing is in it. Any other that asks for a tree changes
// nothing: mmu_interval_notifier_insert() reads has_itree without a lock, so a task may still come for one when others have inserted.
// That it is the first is known because no other has returned since that insert was entered: with a tree it would not have asked.
void Kernel::on(Now n, const ev_mn_register_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_mn_register, e.sub);
  const uint64_t others = s.last_by == n.task.key ? s.last_other : s.last;
  const bool alone = c && others < c->at;
  uint64_t since = c ? c->time : 0;
  for (const Call& outer : n.task.calls)
    if (outer.id == EV_sub_insert) since = outer.time;
  leave(n, c, s);
  if (e.sub) s.lists = true;
  if (e.sub || e.ret) return;
  const bool first = !s.has_itree;
  s.has_itree = true;
  if (!first || !alone || !s.states.empty()) return;
  const auto inside = s.inside;
  drop(s);
  s.inside = inside;
  State untouched;
  untouched.seq = 2;
  s.states = {untouched};
  s.tree_known = true;
  s.since = since;  // a loss from there on may have been that of another registration
  s.seqs.forget(now_);
  s.actives.forget(now_);
  s.seqs.had(2, now_);
  s.actives.had(0, now_);
  // inserts that have waited for this are yet to come
  for (const auto& [key, calls] : inside)
    for (Call& insert : tasks_[key].calls) {
      if (insert.id != EV_sub_insert || insert.mm != s.mm) continue;
      watch(insert.key, s.mm, insert.start, insert.last);
      insert.slot = due(s, Kind::insert, key, true, 0, 0, insert.key);
    }
}

void Kernel::on(Now n, const ev_mn_seen& e) { space_of(n, e.h.mm)->lists = true; }

void Kernel::on(Now n, const ev_sub_insert& e) {
  Space& s = *space_of(n, e.h.mm);
  Call& c = enter(n, e.sub, s);
  c.start = e.start;
  c.last = e.start + e.length - 1;
  watch(e.sub, s.mm, c.start, c.last);
  c.slot = due(s, Kind::insert, n.task.key, true, 0, 0, e.sub);
}

void Kernel::on(Now n, const ev_sub_insert_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_sub_insert, e.sub);
  auto w = watches_.find(e.sub);
  if (e.ret) {
    if (c) observe(n, s, {}, [&](const State& state) { return c->slot < 0 || !(state.done >> c->slot & 1); }, "an insert that has failed");
    leave(n, c, s);
    unwatch(e.sub);
    return;
  }
  if (w == watches_.end()) {
    watch(e.sub, s.mm, e.start, e.last);
    w = watches_.find(e.sub);
  }
  if (c && c->slot >= 0)
    observe(n, s, {e.seq, e.active, n.before},
            [&](const State& state) {
              for (const auto& [slot, m] : state.result)
                if (slot == c->slot) return m == e.sub_seq || w->second.m.known();
              return false;
            },
            "an insert with invalidate_seq = seq, or seq - 1 if nothing is active");
  if (w = watches_.find(e.sub); w == watches_.end()) return leave(n, c, s);
  w->second.fn = e.invalidate;
  // what it shows is older than a callback that has come since it was in the tree
  if (!w->second.callbacks && !(c && w->second.m.known())) w->second.m.becomes(e.sub_seq, now_);
  leave(n, c, s);
  establish(n, s, e.seq, e.active);
  // with nothing active it is in the tree for certain
  if (!s.tree_known && !w->second.settled && e.seq % 2 == 0 && e.sub_seq + 1 == e.seq) {
    bool moved = false;
    for (const State& state : s.states)
      for (const Place& p : state.moved) moved = moved || p.sub == e.sub;
    if (moved) return;
    w->second.settled = true;
    s.tree.add(e.start, e.last, &w->second);
  }
}

void Kernel::on(Now n, const ev_sub_remove& e) {
  Space* s = space_of(n, e.h.mm);
  if (!s) return;
  Call& c = enter(n, e.sub, *s);
  if (watches_.contains(e.sub)) c.slot = due(*s, Kind::remove, n.task.key, true, 0, 0, e.sub);
}

// A sub that is called is out of the tree only at the end of the episode.
void Kernel::on(Now n, const ev_sub_remove_ret& e) {
  Call* c = innermost(n, EV_sub_remove, e.sub);
  Space* s = space_of(n, c ? c->mm : e.h.mm);
  if (!s) return;
  const auto w = watches_.find(e.sub);
  if (c && c->slot >= 0 && w != watches_.end())
    observe(n, *s, {}, [&](const State& state) { return (state.done >> c->slot & 1) && where(*s, state, w->second) == gone; },
            "a removal that waits until its sub is out of the tree");
  leave(n, c, *s);
  unwatch(e.sub);
}

// It was there before the recording. That it is in the tree, a callback will tell.
void Kernel::on(Now n, const ev_sub_seen& e) {
  Space& s = *space_of(n, e.h.mm);
  s.tree_known = false;
  if (!watches_.contains(e.sub)) watch(e.sub, s.mm, e.start, e.last).fn = e.invalidate;
}

void Kernel::on(Now n, const ev_read_begin& e) {
  Space& s = *space_of(n, e.h.mm);
  if (check_m(n, s, e.sub, e.sub_seq, n.before))
    observe(n, s, {e.seq, {}, n.before}, [](const State&) { return true; }, "in front of a read section");
  enter(n, e.sub, s);
}

// What it returns was the sub's sequence while it ran; it does not return while the episode of that sequence is on.
void Kernel::on(Now n, const ev_read_begin_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_read_begin, e.sub);
  if (c && !s.states.empty() && check_m(n, s, e.sub, e.ret, c->at) && check_m(n, s, e.sub, e.sub_seq, c->at)) {
    if (!(e.ret & 1) || e.seq <= e.ret)
      diverge(n, s, "an odd sequence, below that of the mm", "ret " + std::to_string(e.ret) + ", seq " + std::to_string(e.seq));
    else
      observe(n, s, {e.seq, {}, c->at}, [](const State&) { return true; }, "behind a read section's begin");
  }
  if (c) leave(n, c, s);
}

void Kernel::on(Now n, const ev_range_fault& e) {
  Space& s = *space_of(n, e.h.mm);
  check_m(n, s, e.sub, e.sub_seq, n.before);
  enter(n, e.hmm_range, s);
}

// -EBUSY comes from mmu_interval_check_retry() alone, and 0 only behind one that said no (mm/hmm.c, hmm_range_fault()).
void Kernel::on(Now n, const ev_range_fault_ret& e) {
  Space& s = *space_of(n, e.h.mm);
  Call* c = innermost(n, EV_range_fault, e.hmm_range);
  const auto w = watches_.find(e.sub);
  if (c && w != watches_.end() && !s.states.empty() && check_m(n, s, e.sub, e.sub_seq, c->at)) {
    const ValueLog& m = w->second.m;
    if (e.ret == -16 && !m.allows_other_than(e.notifier_seq, c->at))
      diverge(n, s, "no -EBUSY, as the sub's sequence was " + m.to_text(c->at) + " all the time", "-EBUSY with that sequence");
    else if (e.ret == 0 && !m.allows(e.notifier_seq, c->at))
      diverge(n, s, "-EBUSY, as the sub's sequence was " + m.to_text(c->at), "0 with sequence " + std::to_string(e.notifier_seq));
  }
  if (c) leave(n, c, s);
}

void Kernel::on(Now n, const ev_revalidate& e) {
  Space* s = space_of(n, e.h.mm);
  if (s && e.sub && e.sub_seq) check_m(n, *s, e.sub, e.sub_seq, n.before);
}

void Kernel::on(Now n, const ev_dev_map& e) {
  Space* s = space_of(n, e.h.mm);
  if (s && e.sub && e.sub_seq) check_m(n, *s, e.sub, e.sub_seq, n.before);
}

}  // namespace mirrorscope::conform
