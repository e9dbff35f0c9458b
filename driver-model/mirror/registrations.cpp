// SPDX-License-Identifier: Apache-2.0
// Which memory is registered with a device, for how long, and whether its addresses still lead to its pages.
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

namespace {
constexpr size_t kEndedKept = 1024;  // registrations that are over and whose use would still be noticed
uint64_t cached_key(uint64_t cache, uint64_t region) { return cache * 0x9e3779b97f4a7c15ull ^ region; }

// The pieces of [from, to) that no shared memory was unmapped or moved away from: of those that were, together, another unmap takes nothing.
template <typename Visit>
void each_not_parted(const Registration& r, uint64_t from, uint64_t to, Visit visit) {
  const auto parted = r.parted;  // visit() may note more
  while (from < to) {
    uint64_t next = to, past = from;
    for (const Taken& p : parted) {
      if (p.start <= from && from < p.end) past = std::max(past, p.end);
      if (p.start > from) next = std::min(next, p.start);
    }
    if (past == from) visit(from, past = next);
    from = past;
  }
}

// Notes that shared memory was unmapped or moved away; what touches is one piece, as old as its oldest part.
void part(Registration& r, const Taken& piece) {
  for (Taken& p : r.parted)
    if (p.start <= piece.end && piece.start <= p.end) {
      p.start = std::min(p.start, piece.start);
      p.end = std::max(p.end, piece.end);
      return;
    }
  r.parted.push(piece);
}
}

// Its region in a cache is another's from now on.
void Mirror::uncache(const Registration& r) {
  if (!r.cache) return;
  const uint64_t key = cached_key(r.cache, r.region);
  uint64_t* ctx = cached_.find(key);
  if (!ctx || *ctx != r.ctx) return;
  if (r.sibling)
    *ctx = r.sibling;
  else
    cached_.erase(key);
}

void Mirror::on(const ev_dev_fault& e, Facts& f) {
  Call& c = *enter(e.h, f, e.ctx);
  c.start = e.start;
  c.end = e.end;
  mm_of(e.h, f);
  if (Ctx* ctx = ctxs_.find(e.ctx)) ctx->asks = true;
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
  const Ctx* promised = ctxs_.find(e.ctx);
  r.pinned = !e.sub && !(promised && promised->stated && promised->discipline && promised->discipline != MS_discipline_pin);
  if (mm && r.pinned && e.end > e.start) mm->pinned.add(e.start, e.end - 1, &r);
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

// Called for an mm that has pinned registrations. From a start for unmap on, the addresses no longer lead to the pinned pages: the pin
// keeps the pages, not the mapping (Documentation/core-api/pin_user_pages.rst). The end of the process is no one's fault. A start for
// clear proves nothing: it is a try of reclaim, NUMA hinting or khugepaged that the pin defeats, or the split of a huge page
// (mm/huge_memory.c, __split_huge_pmd()), whose pages stay. Who does discard says so on its own way: vma_discard.
void Mirror::find_stale(const ev_inv_start& e, Mm& mm, Facts& f) {
  if (e.reason != MS_reason_unmap || mm.releasing || e.end <= e.start || e.end == UINT64_MAX) return;
  const Span& told = f.task->told;
  if (told.mm_generation == mm.generation && told.start <= e.start && e.end <= told.end) return;  // the same munmap() or mremap()
  unmapped(e.h, e.start, e.end, mm, f);
}

// [from, to) of it leads elsewhere, or nowhere.
void Mirror::take_part(Registration& r, const ev_header& h, uint64_t from, uint64_t to, uint64_t known_since, Facts& f) {
  if (r.begun.time + kClockSlack >= h.time) return;
  r.known_since = std::min(r.known_since, known_since);
  // a cache that gave it up in time need not have ended it: what is left is a pin
  if (r.taken.empty() && !r.given_up && !f.stale.push(&r)) {
    r.parted.overflowed = true;  // so many at once: of this one it is not known
    return;
  }
  for (const Taken& t : r.taken)
    if (t.start <= from && to <= t.end) return;
  if (r.taken.push(Taken{from, to, h.tid, EventRef::of(h)})) return;
  Taken& last = r.taken.back();  // of so many pieces which went when is no longer told apart
  last.start = std::min(last.start, from);
  last.end = std::max(last.end, to);
}

// [start, end) goes from the process's tables. What is known to be shared stays a file's: the device and whoever maps the file go on
// with the same pages (a live update of a virtual machine, VFIO_DMA_UNMAP_FLAG_VADDR).
void Mirror::unmapped(const ev_header& h, uint64_t start, uint64_t end, Mm& mm, Facts& f) {
  size_t looks = SpanList<VmaPiece>::kMostMet;
  bool all = true;
  all &= mm.pinned.overlapping(start, end - 1, [&](Registration& r) {
    const uint64_t from = std::max(start, r.start), to = std::min(end, r.end);
    return all &= each_by_sharing(mm, from, to, looks, [&](uint64_t a, uint64_t b, bool shared, uint64_t since) {
      each_not_parted(r, a, b, [&](uint64_t left, uint64_t right) {
        if (shared)
          part(r, Taken{left, right, h.tid, EventRef::of(h)});
        else if (!r.parted.overflowed)  // else it may be what was not noted
          take_part(r, h, left, right, since, f);
      });
    });
  });
  if (!all) give_up(h.time);
}

// Something is mapped at [start, end): where a registration's shared memory was, its addresses lead elsewhere unless that is shared, too.
void Mirror::mapped_over(const ev_vma_map& e, Mm& mm, Facts& f) {
  if ((e.flags & kVmShared) || e.end <= e.start) return;
  const bool all = mm.pinned.overlapping(e.start, e.end - 1, [&](Registration& r) {
    for (const Taken& p : r.parted)
      if (p.start < e.end && e.start < p.end) take_part(r, e.h, std::max<uint64_t>(p.start, e.start), std::min<uint64_t>(p.end, e.end), p.at.time, f);
  });
  if (!all) give_up(e.h.time);
}

// MADV_FREE takes nothing away: a page that is pinned is not reclaimed (mm/vmscan.c, shrink_folio_list()). After MADV_DONTNEED of shared
// memory the next touch finds the same page in the page cache; MADV_REMOVE takes it from there. The record comes when madvise() is done:
// shared memory that another task moved away meanwhile (mremap()) is where it was discarded, and nothing is lost of it.
void Mirror::on(const ev_vma_discard& e, Facts& f) {
  constexpr uint32_t kMadvFree = 8, kMadvRemove = 9;
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm || e.advice == kMadvFree || e.end <= e.start) return;
  mm_lives(*mm);
  mm->vmas_watched = true;
  size_t looks = SpanList<VmaPiece>::kMostMet;
  bool all = true;
  all &= each_by_sharing(*mm, e.start, e.end, looks, [&](uint64_t start, uint64_t end, bool shared, uint64_t since) {
    if (shared && e.advice != kMadvRemove) return;
    if (!f.takes_away) f.site = site_of(e.h, f);
    f.takes_away = true;
    if (mm->releasing || !mm->pinned.size()) return;
    all &= mm->pinned.overlapping(start, end - 1, [&](Registration& r) {
      if (!looks) return all = false;
      --looks;
      const uint64_t from = std::max(start, r.start), to = std::min(end, r.end);
      const auto take = [&](uint64_t left, uint64_t right) { take_part(r, e.h, left, right, shared ? r.begun.time : since, f); };
      if (e.advice == kMadvRemove)
        take(from, to);
      else if (!r.parted.overflowed)
        each_not_parted(r, from, to, take);
      return true;
    });
  });
  if (!all) give_up(e.h.time);
}

void Mirror::on(const ev_ucache_insert& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  Registration* r = e.ctx ? registrations_.find(e.ctx) : nullptr;
  if (!r || r->cache) return;
  r->cache = e.cache;
  r->region = e.region;
  uint64_t& last = cached_.get(cached_key(e.cache, e.region));
  if (last != e.ctx) r->sibling = last;
  last = e.ctx;
}

void Mirror::on(const ev_ucache_evict& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm || e.freed) return;
  const uint64_t* ctx = cached_.find(cached_key(e.cache, e.region));
  size_t most = kSiblings;
  for (uint64_t at = ctx ? *ctx : 0; at && most; --most) {
    Registration* r = registrations_.find(at);
    if (!r || r->mm != mm->ptr || r->cache != e.cache || r->region != e.region) return;
    at = r->sibling;
    if (r->ended) continue;
    r->given_up = EventRef::of(e.h);
    r->heard = !r->taken.empty() && r->taken.begin()->by != e.h.tid;
  }
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

// What the process itself does where no notifier need hear of it: an unmap, a move.
void Mirror::taken_away(const ev_header& h, uint64_t start, uint64_t end, Mm& mm, Facts& f) {
  f.site = site_of(h, f);
  f.takes_away = true;
  mm_lives(mm);
  mm.vmas_watched = true;
  f.task->told = Span{mm.generation, start, end};
  if (!mm.releasing && end > start && mm.pinned.size()) unmapped(h, start, end, mm, f);
}

}  // namespace mirrorscope
