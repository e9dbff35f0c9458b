// SPDX-License-Identifier: Apache-2.0
// Which memory is registered with a device, for how long, and whether its addresses still lead to its pages.
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

namespace {
constexpr size_t kEndedKept = 1024;  // registrations that are over and whose use would still be noticed
uint64_t cached_key(uint64_t cache, uint64_t region) { return cache * 0x9e3779b97f4a7c15ull ^ region; }
}

// Its region in a cache is another's from now on.
void Mirror::uncache(const Registration& r) {
  if (!r.cache) return;
  const uint64_t key = cached_key(r.cache, r.region);
  if (const uint64_t* ctx = cached_.find(key); ctx && *ctx == r.ctx) cached_.erase(key);
}

void Mirror::on(const ev_dev_fault& e, Facts& f) {
  Call& c = *enter(e.h, f, e.ctx);
  c.start = e.start;
  c.end = e.end;
  mm_of(e.h, f);
}

void Mirror::on(const ev_dev_fault_ret& e, Facts& f) {
  leave(e.h, f, e.ctx);
  mm_of(e.h, f);
}

void Mirror::on(const ev_reg& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  bool made = false;
  Registration& r = registrations_.get(e.ctx, &made);
  if (made) made_one();
  if (Mm* old = made ? nullptr : mms_.find(r.mm)) old->pinned.remove(r.start, &r);
  uncache(r);
  if (mm) mm_lives(*mm);
  r = Registration{};
  r.ctx = e.ctx;
  r.mm = mm ? mm->ptr : 0;
  r.mm_generation = mm ? mm->generation : 0;
  r.sub = e.sub;
  r.start = e.start;
  r.end = e.end;
  r.driver = e.driver;
  r.write = e.write;
  r.tgid = e.h.tgid;
  r.begun = EventRef::of(e.h);
  r.made_at = site_of(e.h, f);
  if (mm && !e.sub && e.end > e.start) mm->pinned.add(e.start, e.end - 1, &r);
  f.registration = &r;
  // the ctx of an older registration on this address is over; one that has just said what it promises is this one's
  if (Ctx* old = ctxs_.find(e.ctx); old && !old->stated) {
    ctx_ends(*old, f);
    forget_ctx(*old);
  }
  f.ctx = ctxs_.find(e.ctx);
}

void Mirror::on(const ev_dereg& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  Registration* r = registrations_.find(e.ctx);
  f.ctx = ctxs_.find(e.ctx);
  // what a notifier watches is unmapped by itself: the release functions do it after this record
  if (f.ctx && (!(r && r->sub) || !f.ctx->mappings))
    ctx_over(*f.ctx, EventRef::of(e.h), f);
  else if (f.ctx)
    f.ctx->ended = EventRef::of(e.h);
  if (!r || r->ended) return;
  f.registration = r;
  r->ended = EventRef::of(e.h);
  uncache(*r);
  if (Mm* mm = mms_.find(r->mm)) mm->pinned.remove(r->start, r);
  ended_registrations_.emplace_back(e.ctx, r->ended);
  if (ended_registrations_.size() <= kEndedKept) return;
  const auto [ctx, ended] = ended_registrations_.front();
  ended_registrations_.pop_front();
  const Registration* oldest = registrations_.find(ctx);
  if (oldest && oldest->ended == ended) registrations_.erase(ctx);
}

// Called for an mm that has pinned registrations. From a start for unmap or clear on, the addresses no longer lead to
// the pinned pages: the pin keeps the pages, not the mapping (Documentation/core-api/pin_user_pages.rst). Two reasons
// are no one's fault: the process ends, or somebody else (reclaim, compaction, khugepaged, ksm) tries to replace a page
// that the pin then keeps in place.
void Mirror::find_stale(const ev_inv_start& e, const Mm& mm, Facts& f) {
  if (e.reason != MS_reason_unmap && e.reason != MS_reason_clear) return;
  if (mm.releasing || e.end <= e.start || e.end == UINT64_MAX) return;
  mm.pinned.overlapping(e.start, e.end - 1, [&](Registration& r) {
    if (r.hit || r.begun.time + kClockSlack >= e.h.time) return;
    if (e.reason == MS_reason_clear && e.h.tgid != r.tgid) return;
    if (r.given_up || f.stale.push(&r)) r.lose(e.h, e.start, e.end);
  });
}

void Mirror::on(const ev_ucache_insert& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  Registration* r = e.ctx ? registrations_.find(e.ctx) : nullptr;
  if (!r || r->cache) return;
  r->cache = e.cache;
  r->region = e.region;
  cached_.get(cached_key(e.cache, e.region)) = e.ctx;
}

void Mirror::on(const ev_ucache_evict& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm || e.freed) return;
  const uint64_t* ctx = cached_.find(cached_key(e.cache, e.region));
  Registration* r = ctx ? registrations_.find(*ctx) : nullptr;
  if (!r || r->ended || r->mm != mm->ptr || r->cache != e.cache || r->region != e.region) return;
  r->given_up = EventRef::of(e.h);
  r->heard = r->hit && r->hit_by != e.h.tid;
}

void Mirror::on(const ev_call_site& e, Facts& f) {
  task_of(e.h, f).site = EventRef::of(e.h);
}

// The record before this one of the same task, if that said where it stands.
EventRef Mirror::site_of(const ev_header& h, Facts& f) {
  Task* task = f.task;
  if (!task || !task->site) return {};
  const EventRef site = task->site;
  task->site = EventRef{};
  return h.time - site.time < kSiteAge ? site : EventRef{};
}

// The same where no notifier hears of it: an unmap, a move, a discard by the process itself.
void Mirror::taken_away(const ev_header& h, uint64_t start, uint64_t end, Mm& mm, Facts& f) {
  f.site = site_of(h, f);
  f.takes_away = true;
  mm_lives(mm);
  mm.vmas_watched = true;
  if (mm.releasing || end <= start || !mm.pinned.size()) return;
  mm.pinned.overlapping(start, end - 1, [&](Registration& r) {
    if (r.hit || r.begun.time + kClockSlack >= h.time) return;
    // a cache that gave it up in time need not have ended it: what is left is a pin
    if (r.given_up || f.stale.push(&r)) r.lose(h, start, end);
  });
}

}  // namespace mirrorscope
