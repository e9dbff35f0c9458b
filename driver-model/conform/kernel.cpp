// SPDX-License-Identifier: Apache-2.0
// One record: whose it is, which call of its task it opens or closes, and what it leaves behind for the next.
#include "driver-model/conform/kernel.h"

#include <algorithm>

#include "driver-model/mirror/mirror.h"
#include "schema/catalog.h"

namespace mirrorscope::conform {

namespace {
// Calls inside which a task takes subscriptions->lock and may change a counter.
bool changes_counters(uint16_t id) {
  return id == EV_inv_start || id == EV_inv_end || id == EV_mm_release || id == EV_sub_insert || id == EV_sub_remove;
}
// Records that only look.
bool only_looks(uint16_t id) {
  const EventArea area = event_info(id)->area;
  return area == EventArea::fault || area == EventArea::mapping;
}
}  // namespace

Kernel::Space* Kernel::space_of(Now n, uint64_t mm) {
  if (!mm && !n.task.calls.empty()) mm = n.task.calls.back().mm;
  if (!mm) return nullptr;
  auto [at, made] = spaces_.try_emplace(mm);
  Space& s = at->second;
  if (made) {
    s.mm = mm;
    s.replayed = &replayed_[mm];
    if (!probes_known_ && !gaps_) {  // an explored execution or a case: it has everything from the beginning
      s.states.emplace_back();
      s.states[0].seq = 2;
      s.tree_known = true;
      s.since = n.h.time;
      s.seqs.had(2, now_);
      s.actives.had(0, now_);
    }
  }
  touched_ = &s;
  known_.insert(mm);
  return &s;
}

Kernel::Call& Kernel::enter(Now n, uint64_t key, Space& s) {
  if (n.task.calls.size() > 32) {  // returns were lost: more than the kernel ever nests
    n.task.calls.clear();
    lose(s);
  }
  Call& c = n.task.calls.emplace_back();
  c.id = n.h.id;
  c.key = key;
  c.mm = s.mm;
  c.at = now_;
  c.time = n.h.time;
  if (changes_counters(c.id)) ++s.inside[n.task.key];
  return c;
}

Kernel::Call* Kernel::innermost(Now n, uint16_t id, uint64_t key) {
  for (size_t i = n.task.calls.size(); i-- > 0;)
    if (n.task.calls[i].id == id && n.task.calls[i].key == key) return &n.task.calls[i];
  return nullptr;
}

Kernel::Call* Kernel::invalidating(Now n) {
  for (size_t i = n.task.calls.size(); i-- > 0;) {
    const uint16_t id = n.task.calls[i].id;
    if (id == EV_inv_start || id == EV_inv_end || id == EV_mm_release) return &n.task.calls[i];
  }
  return nullptr;
}

// It has returned, and so has what is inside it. Null: its entry was not seen.
void Kernel::leave(Now n, Call* c, Space& s) {
  if (!c) return lose(s);
  if (c != &n.task.calls.back()) lose(s);
  while (true) {
    Call& top = n.task.calls.back();
    if (changes_counters(top.id))
      if (auto at = s.inside.find(n.task.key); at != s.inside.end() && !--at->second) s.inside.erase(at);
    retire(s, top.slot);
    retire(s, top.end_slot);
    const bool last = &top == c;
    n.task.calls.pop_back();
    if (last) return;
  }
}

void Kernel::on(Now n, const ev_probe_state& e) {
  const bool works = is_in_place(e);
  if (!probes_known_) {
    spaces_.clear();
    watches_.clear();
  }
  probes_known_ = true;
  if (!works || e.event >= EV_LIMIT) return;
  probed_[e.event] = true;
  if (e.fn && e.event == EV_cb_enter) callback_since_.try_emplace(e.fn, n.h.time);
}

template <uint16_t event, typename Ev>
bool Kernel::take(Now n, const Ev& e) {
  if (!is_placed<event>(e)) [[unlikely]]
    return false;
  on(n, e);
  return true;
}

void Kernel::step(const ev_header& h) {
  ++now_;
  work_left_ = std::min(work_left_ + kWorkPerRecord, kMostSaved);
  touched_ = nullptr;
  Task& task = tasks_[task_key(h)];
  task.key = task_key(h);
  const Now n{h, task, task.last};
  switch (h.id) {
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...)       \
  case id:                                           \
    if (!take<EV_##name>(n, reinterpret_cast<const ev_##name&>(h))) \
      return forget(); /* it does not say which mm, or notifier, it is about: it may be any */ \
    break;
#include "schema/events.def"
#undef EVENT
#undef FIELD
#undef ARRAY
    default:
      break;
  }
  if (event_info(h.id)->from != EventFrom::recorder) task.last = now_;
  Space* s = touched_;
  if (!s) return;
  if (s->states.empty()) ++s->replayed->unknown;
  if (s->suspect != SIZE_MAX && divergences_[s->suspect].at != EventRef::of(h)) {
    Divergence& d = divergences_[s->suspect];
    if (h.cpu != d.at.cpu && h.time < d.at.time + Mirror::kClockSlack) d.close = true;
    s->suspect = SIZE_MAX;
  }
  if (only_looks(h.id)) return;
  if (s->last_by != task.key) {
    s->last_other = s->last;
    s->last_by = task.key;
  }
  s->last = now_;
  s->last_time = h.time;
  s->last_cpu = h.cpu;
}

}  // namespace mirrorscope::conform
