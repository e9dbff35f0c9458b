// SPDX-License-Identifier: Apache-2.0
// Which probed functions a task is inside of: its call stack, kept right across lost entries and returns.
#include <algorithm>

#include "driver-model/mirror/mirror.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
// tid 0 is the idle task of every CPU at once: each CPU's gets a key of its own.
uint64_t task_key(const ev_header& h) { return h.tid ? h.tid : (1ull << 40) + h.cpu; }

constexpr auto pair_of = [] {
  std::array<uint16_t, EV_LIMIT> pairs{};
  for (const EventInfo& e : catalog::events) pairs[e.id] = e.pair;
  return pairs;
}();
}  // namespace

Task& Mirror::task_of(const ev_header& h, Facts& f) {
  const uint64_t key = task_key(h);
  f.task = tasks_.find(key);
  if (!f.task) [[unlikely]]
    f.task = &task_begins(key, h.time);
  if (f.task->epoch != epoch_) [[unlikely]] {
    f.task->epoch = epoch_;
    f.task->seen_idle = false;
  }
  f.task_was_at = f.task->last_time;
  f.task->last_time = h.time;
  return *f.task;
}

void Task::gave_back(const HeldLock& lock) {
  HeldLock* at = std::find_if(given_back.begin(), given_back.end(), [&](const HeldLock& l) { return l.lock == lock.lock; });
  if (at == given_back.end() && given_back.count == given_back.items.size())
    at = std::min_element(given_back.begin(), given_back.end(), [](const HeldLock& a, const HeldLock& b) { return a.at.time < b.at.time; });
  if (at == given_back.end())
    given_back.push(lock);
  else
    *at = lock;
}

void Mirror::on(const ev_might_sleep& e, Facts& f) {
  task_of(e.h, f);
  find_within(f, e.h.mm);
}

[[gnu::noinline]] Task& Mirror::task_begins(uint64_t key, uint64_t now) {
  if (tasks_.size() >= sweep_at_) sweep_tasks(now);
  Task& t = tasks_.get(key);
  t.key = key;
  t.epoch = epoch_;
  return t;
}

// Tasks leave no record when they exit: those that have been inside nothing for a second are dropped, and where there are too many all the
// same, the half that was not heard of for longest, first of those that are inside nothing.
void Mirror::sweep_tasks(uint64_t now) {
  constexpr uint64_t kSecond = 1'000'000'000;
  tasks_.erase_if([this, now](const Task& t) {
    const bool gone = t.idle() && t.last_time + kSecond < now;
    if (gone) migrations_ -= t.migrations.count;
    return gone;
  });
  for (const bool idle : {true, false}) {
    if (tasks_.size() <= kMostTasks / 2) break;
    std::vector<Task*> of_kind;
    tasks_.each([&](Task& t) {
      if (t.idle() == idle) of_kind.push_back(&t);
    });
    const size_t most = std::min(of_kind.size(), tasks_.size() - kMostTasks / 2);
    std::nth_element(of_kind.begin(), of_kind.begin() + static_cast<std::ptrdiff_t>(most), of_kind.end(), [](const Task* a, const Task* b) {
      return a->last_time != b->last_time ? a->last_time < b->last_time : a->key < b->key;
    });
    of_kind.resize(most);
    for (Task* t : of_kind) {
      lose_track(*t);
      tasks_.erase(t->key);
    }
    if (!idle && most) give_up(now, most);
  }
  sweep_at_ = std::clamp<size_t>(tasks_.size() * 2, 4096, kMostTasks);
}

// What it is in the middle of is not known any more.
void Mirror::lose_track(Task& t) {
  for (const Call& c : t.calls)
    if (Mm* mm = mms_.find(c.mm)) mm->complete = false;
  for (const Region& r : t.regions)
    if (Mm* mm = mms_.find(r.mm)) {
      region_gone(mm);
      mm->definite = std::max(0, mm->definite - 1);
      mm->possible = std::max(0, mm->possible - 1);
      ++mm->ends;
      mm->complete = false;
    }
  migrations_ -= t.migrations.count;
  const uint64_t key = t.key, last_time = t.last_time;
  t = Task{};
  t.key = key;
  t.last_time = last_time;
  t.epoch = epoch_;
  t.locks.overflowed = t.callback_locks.overflowed = true;
}

// Which of them it was about, nobody can say: it may have been any.
void Mirror::unplaced(const ev_header& h, Facts& f) {
  f.unplaced = true;
  give_up(h.time, 1);
  lose_track(task_of(h, f));
  forget();
}

[[gnu::cold, gnu::noinline]] void Mirror::give_up(uint64_t now, uint64_t count) {
  if (!given_up_.count) given_up_.since = now;
  given_up_.count += count;
}

void Mirror::made_one() {
  if (++made_ < 4096) [[likely]]
    return;
  made_ = 0;
  too_many_ = live() > kMostLive;
}

// As if the recording began here: what probes there are is known all the same.
[[gnu::cold, gnu::noinline]] void Mirror::start_over(uint64_t now) {
  give_up(now, live());
  too_many_ = false;
  tasks_.clear();
  mms_.clear();
  subs_.clear();
  lists_.clear();
  registrations_.clear();
  cached_.clear();
  ctxs_.clear();
  pages_.clear();
  ranges_.clear();
  mappings_.clear();
  vmas_.clear();
  idle_pages_.clear();
  ended_registrations_.clear();
  removed_subs_.clear();
  ended_lists_.clear();
  over_mms_.clear();
  last_pin_ = {};
  migrations_ = 0;
  sweep_at_ = 4096;
  sweep_mms_at_ = 16384;
  forget();
}

Call* Mirror::enter(const ev_header& h, Facts& f, uint64_t key) {
  task_of(h, f);
  find_within(f, h.mm);
  return call_begins(h, f, key);
}

// The same, where the task and what it is within are known already.
Call* Mirror::call_begins(const ev_header& h, Facts& f, uint64_t key) {
  Task& t = *f.task;
  Call* call = t.calls.emplace();
  if (!call) [[unlikely]]
    call = call_too_deep(t, f);
  call->at = EventRef::of(h);
  call->key = key;
  call->mm = h.mm;
  call->tgid = h.tgid;
  call->frame = ++frames_;
  return call;
}

// Deeper than anything the kernel does: returns were lost, start over with what is certain.
[[gnu::noinline]] Call* Mirror::call_too_deep(Task& t, Facts& f) {
  dropped_calls_ = t.calls;
  for (const Call& c : dropped_calls_) f.abandoned.push(&c);
  t.calls.clear();
  t.seen_idle = false;
  f.within = nullptr;
  return t.calls.emplace();
}

// Closes the innermost call of the function whose return `h` is. Calls inside it must have returned too.
bool Mirror::leave(const ev_header& h, Facts& f, uint64_t key) {
  Task& t = task_of(h, f);
  const uint16_t entry_id = pair_of[h.id];
  for (int i = t.calls.count - 1; i >= 0; --i) {
    const Call& c = t.calls.items[static_cast<size_t>(i)];
    if (c.at.id != entry_id || c.key != key) continue;
    f.entry = &c;  // the slot keeps its bytes until the next call of this task
    f.has_entry = !c.assumed;
    if (c.assumed && t.seen_idle) f.missed.push(entry_id);
    for (int j = i + 1; j < t.calls.count; ++j) {
      const Call& inner = t.calls.items[static_cast<size_t>(j)];
      f.abandoned.push(&inner);
      if (!inner.assumed) f.missed.push(pair_of[inner.at.id]);
    }
    t.calls.truncate(static_cast<uint8_t>(i));
    if (t.calls.empty()) t.seen_idle = true;
    find_within(f, f.entry->mm);
    return true;
  }
  // the call began before recording did, or the record of its entry is missing
  if (t.seen_idle) f.missed.push(entry_id);
  find_within(f, h.mm);
  return false;
}

// A start or release on top of the stack that was only assumed is not there, or has returned: directly inside one nothing begins or
// ends but callbacks. A start of `unless_range` stays: what comes is its end.
void Mirror::drop_assumed(Task& t, uint64_t unless_range, Facts& f) {
  if (t.calls.empty() || !t.calls.back().assumed) [[likely]]
    return;
  const Call& top = t.calls.back();
  if (top.at.id == EV_inv_start && top.key == unless_range) return;
  dropped_calls_.clear();
  f.abandoned.push(dropped_calls_.push(top));
  if (Mm* mm = mms_.find(top.mm)) mm->complete = false;
  t.calls.truncate(static_cast<uint8_t>(t.calls.count - 1));
}

// mm == 0: the record does not know its mm (its object may be freed already), the enclosing call does.
void Mirror::find_within(Facts& f, uint64_t mm) {
  f.within = nullptr;
  for (int i = f.task->calls.count - 1; i >= 0; --i) {
    Call& c = f.task->calls.items[static_cast<size_t>(i)];
    const bool invalidates = c.at.id == EV_inv_start || c.at.id == EV_inv_end || c.at.id == EV_mm_release;
    if (invalidates && (mm == 0 || c.mm == mm)) {
      f.within = &c;
      return;
    }
  }
}

template <uint16_t event, typename Ev>
void Mirror::take(const Ev& e, Facts& f) {
  if (!is_placed<event>(e)) [[unlikely]]
    return unplaced(e.h, f);
  on(e, f);
}

void Mirror::step(const ev_header& record, Facts& facts) {
  facts.clear();
  mappings_.settle();
  vmas_.settle();
  if (!idle_pages_.empty()) forget_idle_pages();
  if (too_many_) [[unlikely]]
    start_over(record.time);
  switch (record.id) {
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...)                  \
  case id:                                                      \
    take<EV_##name>(reinterpret_cast<const ev_##name&>(record), facts); \
    break;
#include "schema/events.def"
#undef EVENT
#undef FIELD
#undef ARRAY
    default:
      break;
  }
}

}  // namespace mirrorscope
