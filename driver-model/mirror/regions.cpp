// SPDX-License-Identifier: Apache-2.0
// Which invalidations are open, per task and per mm, and what both counters may be (mm/mmu_notifier.c).
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

void Mirror::start_entered(Mm& mm, const ev_header& h) {
  ++mm.starts;
  ++mm.possible;
  mm.changed(h.time, h.tid);
}

void Mirror::region_opened(Mm& mm, const ev_header& h) {
  ++mm.definite;
  mm.changed(h.time, h.tid);
}

void Mirror::region_closed(Mm& mm, const ev_header& h, bool was_definite) {
  ++mm.ends;
  mm.possible = std::max(0, mm.possible - 1);
  if (was_definite) mm.definite = std::max(0, mm.definite - 1);
  mm.changed(h.time, h.tid);
}

// A region that must be over although no end of it was seen.
void Mirror::drop_region(Task& t, Region* region, const ev_header& h, Facts& f) {
  f.unended.push(*region);
  if (Mm* mm = mms_.find(region->mm)) {
    region_gone(mm);
    region_closed(*mm, h, true);
  }
  t.regions.erase(region);
}

// Every value was read inside the function or after it, before the record's time. A region counts for certain if it was open through
// all of that, and may count if it was open at any moment of it.
void Mirror::bound_active(const ev_header& h, Facts& f) {
  if (!f.mm || !f.has_entry || !f.mm->complete) return;
  const int32_t ended_meanwhile = static_cast<int32_t>(f.mm->ends - f.entry->ends_before);
  const int32_t started_meanwhile = static_cast<int32_t>(f.mm->starts - f.entry->starts_before);
  f.active_most = f.mm->possible + ended_meanwhile;
  f.active_least = std::max(0, f.mm->definite - started_meanwhile);
  // in what mn_itree_inv_end() shows after itself, the region it ended is no longer counted
  if (h.id == EV_itree_end_ret && f.within) f.active_most = std::max(0, f.active_most - 1);
  f.active_is_exact = f.mm->changed_by_others(h.tid) + kClockSlack < f.entry->at.time;
}

// The same for a value that was read outside of any call that is counted here: somewhere between the task's record before and this one.
void Mirror::bound_active_now(const Mm& mm, const ev_header& h, Facts& f) {
  if (!mm.complete || !f.task_was_at) return;
  f.active_most = mm.possible;
  f.active_least = mm.definite;
  f.active_is_exact = mm.changed_by_others(h.tid) + kClockSlack < f.task_was_at;
}

// `read_after`: the value was read no earlier than this.
void Mirror::saw_seq(Mm& mm, const ev_header& h, uint64_t seq, uint64_t read_after, Facts& f) {
  if (seq >= mm.seq_seen) {
    mm.seq_seen = seq;
    mm.seq_seen_at = EventRef::of(h);
  } else if (mm.seq_seen_at.time + kClockSlack < read_after) {
    f.seq_went_back = true;
    f.seq_was = mm.seq_seen_at;
  }
}

// active_invalidate_ranges was read as 0 with nothing else going on: whatever the model still holds open on this mm is over.
void Mirror::resync(Mm& mm, const ev_header& h) {
  int32_t in_flight = 0;
  tasks_.each([&](Task& t) {
    for (const Call& c : t.calls)
      if (c.mm == mm.ptr && (c.at.id == EV_inv_start || c.at.id == EV_inv_end || c.at.id == EV_mm_release)) ++in_flight;
  });
  drop_regions_of(mm);
  mm.definite = 0;
  mm.possible = in_flight;
  mm.complete = true;
  mm.changed(h.time, h.tid);
}

void Mirror::on(const ev_inv_start& e, Facts& f) {
  drop_assumed(task_of(e.h, f), 0, f);
  find_within(f, e.h.mm);
  Call& c = *call_begins(e.h, f, e.range);
  Mm& mm = *mm_of(e.h, f);
  mm_lives(mm);
  c.start = e.start;
  c.end = e.end;
  c.reason = e.reason;
  c.flags = e.flags;
  c.value = e.seq;
  c.starts_before = mm.starts;
  c.ends_before = mm.ends;
  bound_active_now(mm, e.h, f);
  start_entered(mm, e.h);
  if (mm.pinned.size()) find_stale(e, mm, f);
  Task& t = *f.task;
  if (t.failed_range == e.range) t.failed_range = 0;
  // the struct lives on the stack: an older region with the same address cannot be alive. Those above it can: if its end is what
  // was lost, they may have been opened after it
  for (Region* r = t.regions.begin(); r != t.regions.end(); ++r) {
    if (r->range != e.range) continue;
    drop_region(t, r, e.h, f);
    f.missed.push(EV_inv_end);
    f.missed.push(EV_inv_end_ret);
    break;
  }
}

void Mirror::on(const ev_inv_start_ret& e, Facts& f) {
  const bool known = leave(e.h, f, e.range);
  Mm& mm = *mm_of(e.h, f);
  if (!known) {
    start_entered(mm, e.h);
    mm.complete = mm.complete && f.task->seen_idle;
  }
  bound_active(e.h, f);
  saw_seq(mm, e.h, e.seq, f.has_entry ? f.entry->at.time : 0, f);
  if (e.ret != 0) {
    region_closed(mm, e.h, false);
    f.task->failed_range = e.range;
    f.task->failed_at = EventRef::of(e.h);
    return;
  }
  if (mm.mappings.size()) protection_changed(e, mm, f);
  if (mm.ranges.size()) ranges_met(e, mm);
  region_opened(mm, e.h);
  Region* opened = f.task->regions.emplace();
  if (!opened) {
    mm.complete = false;
    region_closed(mm, e.h, true);
    return;
  }
  ++mm.open_regions;
  Region& r = *opened;
  r.started = f.has_entry ? f.entry->at : EventRef::of(e.h);
  r.returned = EventRef::of(e.h);
  r.range = e.range;
  r.mm = e.h.mm;
  r.start = e.start;
  r.end = e.end;
  r.reason = e.reason;
  r.flags = e.flags;
  r.owner = e.owner;
  r.has_itree = e.has_itree != 0;
  if (r.has_itree) r.frozen_seq = e.seq;
  if (f.entry) r.owed_ends = f.entry->owed_ends;
}

void Mirror::on(const ev_inv_end& e, Facts& f) {
  Task& t = task_of(e.h, f);
  Mm& mm = *mm_of(e.h, f);
  const bool open = std::any_of(t.regions.begin(), t.regions.end(), [&](const Region& r) { return r.range == e.range; });
  drop_assumed(t, open ? 0 : e.range, f);
  for (int i = t.regions.count - 1; i >= 0; --i) {
    Region& r = t.regions.items[static_cast<size_t>(i)];
    if (r.range != e.range || r.mm != e.h.mm) continue;
    f.region_is_innermost = i == t.regions.count - 1;
    closed_region_ = r;
    f.region = &closed_region_;
    while (t.regions.count - 1 > i) drop_region(t, &t.regions.back(), e.h, f);
    t.regions.truncate(static_cast<uint8_t>(i));
    region_gone(&mm);
    mm.definite = std::max(0, mm.definite - 1);
    break;
  }
  if (!f.region) {
    // a start whose return was not seen? then it must have returned 0: callers end only what started (mmu_notifier.h)
    for (int i = t.calls.count - 1; i >= 0; --i) {
      const Call& c = t.calls.items[static_cast<size_t>(i)];
      if (c.at.id != EV_inv_start || c.key != e.range) continue;
      closed_region_ = Region{};
      closed_region_.started = closed_region_.returned = c.at;
      closed_region_.range = e.range;
      closed_region_.mm = c.mm;
      closed_region_.start = c.start;
      closed_region_.end = c.end;
      closed_region_.reason = c.reason;
      closed_region_.flags = c.flags;
      closed_region_.owed_ends = c.owed_ends;
      closed_region_.frozen_seq = c.frozen_seq;
      f.region = &closed_region_;
      f.region_is_innermost = true;
      f.missed.push(EV_inv_start_ret);
      t.calls.truncate(static_cast<uint8_t>(i));
      break;
    }
  }
  if (!f.region) {
    // started before recording did, or the records are missing: until now it was not counted
    f.starts_all_seen = mm.complete;
    start_entered(mm, e.h);
    mm.complete = false;
  }
  mm.changed(e.h.time, e.h.tid);
  find_within(f, e.h.mm);
  Call& c = *call_begins(e.h, f, e.range);
  c.start = e.start;
  c.end = e.end;
  c.reason = e.reason;
  c.flags = e.flags;
  c.starts_before = mm.starts;
  c.ends_before = mm.ends;
  if (f.region) {
    c.owed_ends = f.region->owed_ends;
    c.owed_since = f.region->started.time;
    c.has_itree = f.region->has_itree;
    c.frozen_seq = f.region->frozen_seq;
  }
}

void Mirror::on(const ev_inv_end_ret& e, Facts& f) {
  const bool known = leave(e.h, f, e.range);
  Mm& mm = *mm_of(e.h, f);
  if (!known) {
    Task& t = *f.task;
    for (Region* r = t.regions.begin(); r != t.regions.end(); ++r) {
      if (r->range != e.range) continue;
      closed_region_ = *r;
      f.region = &closed_region_;
      while (t.regions.end() - 1 != r) drop_region(t, t.regions.end() - 1, e.h, f);
      region_gone(r->mm == mm.ptr ? &mm : mms_.find(r->mm));
      t.regions.erase(r);
      mm.definite = std::max(0, mm.definite - 1);
      break;
    }
  }
  if (known || f.region) region_closed(mm, e.h, false);
  bound_active(e.h, f);
  if (f.active_most > 0) --f.active_most;  // the one that it ended is no longer counted
}

void Mirror::on(const ev_itree_end& e, Facts& f) {
  Call& c = *enter(e.h, f, e.subs);
  Mm* mm = mm_of(e.h, f);
  if (f.within) f.within->itree_end_seen = true;
  if (!mm) return;
  c.mm = mm->ptr;
  c.starts_before = mm->starts;
  c.ends_before = mm->ends;
  bound_active_now(*mm, e.h, f);
}

void Mirror::on(const ev_itree_end_ret& e, Facts& f) {
  leave(e.h, f, e.subs);
  Mm* mm = mm_of(e.h, f);
  if (f.within) f.within->itree_end_seen = true;
  if (!mm) return;
  bound_active(e.h, f);
  saw_seq(*mm, e.h, e.seq, f.has_entry ? f.entry->at.time : 0, f);
  if (e.active == 0 && f.has_entry) mm->quiet = std::max(mm->quiet, f.entry->at.time);
  // 0, and nobody began or finished anything while it was read: the model may start from here
  if (e.active == 0 && f.has_entry && !mm->complete && f.entry->starts_before == mm->starts &&
      f.entry->ends_before == mm->ends && mm->changed_by_others(e.h.tid) + kClockSlack < f.entry->at.time)
    resync(*mm, e.h);
}

void Mirror::on(const ev_mm_release& e, Facts& f) {
  Call& c = *enter(e.h, f, e.h.mm);
  Mm& mm = *mm_of(e.h, f);
  mm_lives(mm);
  c.starts_before = mm.starts;
  c.ends_before = mm.ends;
  c.reason = MS_reason_release;
  c.end = UINT64_MAX;
  start_entered(mm, e.h);  // mn_itree_release() counts itself without going through a start
  mm.releasing = EventRef::of(e.h);
}

void Mirror::on(const ev_mm_release_ret& e, Facts& f) {
  const bool known = leave(e.h, f, e.h.mm);
  Mm& mm = *mm_of(e.h, f);
  if (known) region_closed(mm, e.h, false);
  bound_active(e.h, f);
  mm.released = EventRef::of(e.h);
}

}  // namespace mirrorscope
