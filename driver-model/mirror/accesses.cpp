// SPDX-License-Identifier: Apache-2.0
// Which accesses and jobs of devices are in flight, which locks their drivers hold, and what these last asked before they went on.
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

namespace {
constexpr size_t kDmasKept = 4096;  // more in one mm than any device does: ends were lost

// The CPU is the device: a task that begins an access has ended the one before (rxe_mr_copy(), rxe_odp_mr_copy()).
bool is_memcpy(uint32_t driver) { return driver == MS_driver_rxe || driver == MS_driver_rxe_odp; }
}

EventRef Mirror::user_lock_of(const Task& t, uint64_t ctx) {
  EventRef at;
  for (const HeldLock& held : t.locks)
    if (held.ctx == ctx && (held.kind == MS_lock_kind_user || held.kind == MS_lock_kind_reservation)) at = held.at;
  return at;
}

void Mirror::keep_check(uint64_t ctx, Facts& f) {
  for (const Check& c : f.task->checks)
    if (c.ctx == ctx) {
      f.has_check = true;
      f.check = c;
    }
}

void Mirror::on(const ev_dma_begin& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  f.registration = registrations_.find(e.ctx);
  keep_check(e.ctx, f);
  if (!f.mm) return;
  auto& dmas = f.mm->dmas;
  if (is_memcpy(e.driver)) {
    auto left = std::find_if(dmas.begin(), dmas.end(), [&](const Dma& d) { return d.tid == e.h.tid && d.driver == e.driver; });
    if (left != dmas.end()) {
      f.missed.push(EV_dma_end);
      dmas.erase(left);
    }
  }
  if (dmas.size() >= kDmasKept) dmas.clear();
  Dma dma{e.ctx, e.start, e.end, e.write, e.driver, e.h.tid, 0, EventRef::of(e.h)};
  if (f.ctx && f.ctx->mm == f.mm->ptr) {
    const bool all = f.ctx->spans.overlapping(e.start, e.end > e.start ? e.end - 1 : e.start, [&](Mapping& m) {
      if (m.start <= e.start) dma.pfn = m.pfn;
      (e.write ? m.written : m.read) = true;
    });
    if (!all) give_up(e.h.time);
  }
  dmas.push_back(dma);
}

void Mirror::on(const ev_dma_end& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.mm) return;
  auto& dmas = f.mm->dmas;
  auto at = std::find_if(dmas.begin(), dmas.end(), [&](const Dma& d) {
    return d.ctx == e.ctx && d.start == e.start && d.end == e.end;
  });
  if (at == dmas.end()) return;
  f.has_dma = true;
  f.dma = *at;
  dmas.erase(at);
}

void Mirror::on(const ev_job_begin& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  keep_check(e.ctx, f);
  if (f.ctx) f.ctx->jobs.push(Job{e.job, EventRef::of(e.h)});
}

void Mirror::on(const ev_job_end& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.ctx) return;
  auto& jobs = f.ctx->jobs;
  Job* at = std::find_if(jobs.begin(), jobs.end(), [&](const Job& j) { return j.job == e.job; });
  if (at != jobs.end()) jobs.erase(at);
  if (jobs.empty()) jobs.clear();
}

void Mirror::on(const ev_quiesce& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (f.ctx) f.ctx->quiesced = EventRef::of(e.h);
}

void Mirror::on(const ev_resume& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.ctx) return;
  f.ctx->quiesced = EventRef{};
  f.ctx->resumed = EventRef::of(e.h);
}

void Mirror::on(const ev_lock& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  const HeldLock held{e.lock, e.ctx, e.kind, e.exclusive, EventRef::of(e.h)};
  f.task->locks.push(held);
  if (f.ctx) f.ctx->locks = true;
  // inside a callback: this is what it excludes its driver's commits with
  for (int i = f.task->calls.count - 1; i >= 0; --i) {
    const Call& c = f.task->calls.items[static_cast<size_t>(i)];
    if (c.at.id != EV_cb_enter) continue;
    f.task->callback_locks.push(held);
    break;
  }
}

void Mirror::on(const ev_unlock& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  auto& locks = f.task->locks;
  for (int i = locks.count - 1; i >= 0; --i)
    if (locks.items[static_cast<size_t>(i)].lock == e.lock) {
      locks.erase(&locks.items[static_cast<size_t>(i)]);
      break;
    }
  if (locks.empty()) locks.clear();
  f.task->gave_back({e.lock, e.ctx, e.kind, 0, EventRef::of(e.h)});
}

void Mirror::on(const ev_revalidate& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  Sub* sub = sub_of(e.sub, f);
  Section* s = section_of(*f.task, e.sub, sub);
  keep_section(f, s);
  Check check;
  check.ctx = e.ctx;
  check.sub = e.sub;
  check.start = e.start;
  check.end = e.end;
  check.seq = e.seq;
  check.ok = e.ok != 0;
  // "still valid" of another sequence than the sub's is one that was given before a callback stored that
  check.outdated = e.sub_seq && ((sub && e.sub_seq < sub->stored_seq) || (check.ok && e.sub_seq != e.seq));
  check.at = EventRef::of(e.h);
  check.locked = user_lock_of(*f.task, e.ctx);
  auto& checks = f.task->checks;
  Check* old = std::find_if(checks.begin(), checks.end(), [&](const Check& c) { return c.ctx == e.ctx; });
  if (old != checks.end()) {
    *old = check;
  } else {
    if (checks.count == checks.items.size()) checks.erase(checks.begin());
    checks.push(check);
  }
  if (sub) sub->no_longer_unchecked(f.task->key);
}

void Mirror::on(const ev_reg_hit& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  sub_of(e.sub, f);
  f.registration = registrations_.find(e.ctx);
  keep_check(e.ctx, f);
}

void Mirror::on(const ev_copy_begin& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  migration_of(f, e.args);
}

void Mirror::on(const ev_copy_end& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  migration_of(f, e.args);
}

void Mirror::on(const ev_buf_move& e, Facts& f) {
  Call& c = *enter(e.h, f, e.ctx);
  mm_of(e.h, f);
  f.ctx = ctxs_.find(e.ctx);
  if (f.ctx) c.value = f.ctx->mappings;
}

void Mirror::on(const ev_buf_move_ret& e, Facts& f) {
  leave(e.h, f, e.ctx);
  mm_of(e.h, f);
  f.ctx = ctxs_.find(e.ctx);
  // what it took away meanwhile has to come back, and what it left is of the old place
  if (f.ctx && (f.ctx->mappings || (f.has_entry && f.entry->value))) f.ctx->move_notified = EventRef::of(e.h);
}

}  // namespace mirrorscope
