// SPDX-License-Identifier: Apache-2.0
// Which translations devices hold, of which pages, since when, and what of them their TLBs may still know.
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

// A record about a ctx that need not be known.
void Mirror::about_ctx(const ev_header& h, uint64_t ctx, Facts& f) {
  task_of(h, f);
  mm_of(h, f);
  f.ctx = ctxs_.find(ctx);
}

Ctx& Mirror::ctx_of(const ev_header& h, uint64_t ptr, uint64_t sub, uint32_t driver, Facts& f) {
  bool made = false;
  Ctx& ctx = ctxs_.get(ptr, &made);
  if (!made && h.mm && ctx.mm != h.mm) {
    // the address of an object whose end was not seen has come back in another mm
    ctx_ends(ctx, f);
    renew(ctx);
    made = true;
  }
  if (made) {
    ctx.ptr = ptr;
    ctx.driver = driver;
    ctx_begins(ctx, f.mm, h);
  }
  if (sub && !ctx.sub) ctx.sub = sub;
  f.ctx = &ctx;
  return ctx;
}

void Mirror::ctx_begins(Ctx& ctx, Mm* mm, const ev_header& h) {
  made_one();
  ctx.mm = mm ? mm->ptr : 0;
  ctx.begun = EventRef::of(h);
  if (!mm) return;
  ctx.next = mm->any_ctx;
  if (ctx.next) ctx.next->prev = &ctx;
  mm->any_ctx = &ctx;
}

void Mirror::unchain(Ctx& ctx) {
  if (ctx.next) ctx.next->prev = ctx.prev;
  if (ctx.prev)
    ctx.prev->next = ctx.next;
  else if (Mm* mm = mms_.find(ctx.mm); mm && mm->any_ctx == &ctx)
    mm->any_ctx = ctx.next;
  ctx.next = ctx.prev = nullptr;
}

// Another object on its address. What the old one held of pages is found by the address, and so is the new one's to give back.
void Mirror::renew(Ctx& ctx) {
  unchain(ctx);
  Ctx fresh;
  fresh.ptr = ctx.ptr;
  fresh.holds_of = std::move(ctx.holds_of);
  fresh.holds_live = ctx.holds_live;
  ctx = std::move(fresh);
}

// Called when nothing of it is left in its mm. The slot keeps its bytes until the next step.
void Mirror::forget_ctx(Ctx& ctx) {
  unchain(ctx);
  ctxs_.erase(ctx.ptr);
}

// Nothing of what it mapped can be used any more.
void Mirror::ctx_ends(Ctx& ctx, Facts& f) {
  Mm* mm = mms_.find(ctx.mm);
  if (mm) {
    if (ctx.mappings) cut(*mm, ctx, 0, UINT64_MAX, f);
    std::erase(mm->ctxs, &ctx);
    std::erase_if(mm->dmas, [&](const Dma& d) { return d.ctx == ctx.ptr; });
  }
}

// A registration that no notifier watches ends with everything it had.
void Mirror::ctx_over(Ctx& ctx, const EventRef& at, Facts& f) {
  ctx_ends(ctx, f);
  ctx.ended = at;
  if (!ctx.stated) forget_ctx(ctx);
}

void Mirror::on(const ev_dev_ctx& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  // what was registered under this address and is over was another object's
  if (const Registration* r = registrations_.find(e.ctx); r && r->ended) registrations_.erase(e.ctx);
  Ctx& ctx = ctx_of(e.h, e.ctx, e.sub, e.driver, f);
  ctx_ends(ctx, f);
  renew(ctx);
  if (mm) mm_lives(*mm);
  ctx_begins(ctx, mm, e.h);
  ctx.sub = e.sub;
  ctx.owner = e.owner;
  ctx.discipline = e.discipline;
  ctx.driver = e.driver;
  ctx.wide = e.wide != 0;
  ctx.mixed = e.mixed != 0;
  ctx.flushes = e.flushes != 0;
  ctx.stated = true;
  if (!mm) return;
  if (mm->ctxs.size() < kMostObjects)
    mm->ctxs.push_back(&ctx);
  else
    give_up(e.h.time);
}

Mapping& Mirror::add_mapping(Mm& mm, const Mapping& value) {
  made_one();
  Mapping& m = mappings_.add(value);
  mm.mappings.add(m.start, m.end - 1, &m);
  m.ctx->spans.add(m.start, m.end - 1, &m);
  ++m.ctx->mappings;
  if (m.pfn) page_of(m.pfn).mappings.push(&m);
  return m;
}

void Mirror::drop_mapping(Mm& mm, Mapping& m) {
  mm.mappings.remove(m.start, &m);
  end_mapping(m);
}

// It goes from its ctx and its page; the mm that lists it is the caller's.
void Mirror::end_mapping(Mapping& m) {
  --m.ctx->mappings;
  m.ctx->spans.remove(m.start, &m);
  if (Page* page = m.pfn ? pages_.find(m.pfn) : nullptr) {
    for (Mapping*& p : page->mappings)
      if (p == &m) {
        page->mappings.erase(&p);
        break;
      }
    forget_page(*page);
  }
  mappings_.drop(m);
}

// [start, end) of what `ctx` maps is over; what reaches beyond it stays.
void Mirror::cut(Mm& mm, Ctx& ctx, uint64_t start, uint64_t end, Facts& f) {
  if (ctx.mm != mm.ptr) return;  // a record that names an object of another mm
  Few<Mapping*, 32> hit;
  do {
    hit.clear();
    ctx.spans.overlapping(start, end - 1, [&](Mapping& m) { return hit.push(&m) != nullptr; });
    for (Mapping* m : hit) {
      f.gone.push(m);
      Mapping left = *m, right = *m;
      drop_mapping(mm, *m);
      if (left.start < start) {
        left.end = start;
        add_mapping(mm, left);
      }
      if (right.end > end) {
        right.start = end;
        right.pfn = 0;  // it is another page, and its number is no neighbour's: pfns may be hashed
        add_mapping(mm, right);
      }
    }
  } while (hit.overflowed);
}

namespace {
bool stays_unwatched(const Ctx& ctx) {
  return ctx.stated && (ctx.discipline == MS_discipline_fence || ctx.discipline == MS_discipline_quiesce || ctx.discipline == MS_discipline_pin);
}
}  // namespace

// What a notifier watched that is gone. Who has said that he waits for work, stops queues or pins, and not that his object is over, goes
// on with it unwatched.
void Mirror::drop_sub_mappings(Mm& mm, const Sub& sub, Facts& f) {
  std::vector<Mapping*> hit;
  const bool all = mm.mappings.overlapping(sub.start, sub.last, [&](Mapping& m) {
    if (m.sub == sub.ptr && !stays_unwatched(*m.ctx)) hit.push_back(&m);
  });
  for (Mapping* m : hit) {
    f.gone.push(m);
    drop_mapping(mm, *m);
  }
  if (!all) give_up(sub.removing.time);
}

// The mm and everything that is about it goes.
void Mirror::drop_devices(Mm& mm, Facts* f) {
  mm.mappings.each([&](Mapping& m) {
    if (f) f->gone.push(&m);
    end_mapping(m);
  });
  mm.mappings.clear();
  mm.vmas.each([&](VmaPiece& v) { vmas_.drop(v); });
  mm.vmas.clear();
  for (Ctx* ctx = mm.any_ctx; ctx;) {
    Ctx* next = ctx->next;
    ctx->next = ctx->prev = nullptr;
    ctxs_.erase(ctx->ptr);
    ctx = next;
  }
  mm.any_ctx = nullptr;
  mm.ranges.each([&](SvmRange& r) { ranges_.erase(r.ptr); });
  mm.ranges.clear();
  mm.ctxs.clear();
  mm.dmas.clear();
}

void Mirror::on(const ev_dev_map& e, Facts& f) {
  Task& t = task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  Sub* sub = sub_of(e.sub, f);
  Section* s = section_of(t, e.sub, sub);
  keep_section(f, s);
  if (s) s->mapped = true;
  if (sub) sub->no_longer_unchecked(t.key);
  if (!mm || mm->over || e.end <= e.start) return;
  Ctx& ctx = ctx_of(e.h, e.ctx, e.sub, e.driver, f);
  keep_check(e.ctx, f);
  if (ctx.mm != mm->ptr) return;  // it does not say whose the object is, and that is another's
  cut(*mm, ctx, e.start, e.end, f);
  Mapping m;
  m.ctx = &ctx;
  m.mm = mm->ptr;
  m.sub = e.sub;
  m.start = e.start;
  m.end = e.end;
  m.pfn = e.pfn;
  m.owner = e.owner;
  m.seq = e.seq;
  m.source = e.source;
  m.order = e.order;
  m.write = e.write;
  m.cpu_dirty = e.cpu_dirty;
  m.driver = e.driver;
  m.begun = EventRef::of(e.h);
  m.asked_write = s && s->fault_seen && s->asked_write && s->fault_start <= e.start && e.end <= s->fault_end;
  if (e.sub && e.seq && e.seq != e.sub_seq) m.overtaken = m.begun;
  f.mapping = &add_mapping(*mm, m);
  if (m.write && m.pfn)
    for (Hold& h : page_of(m.pfn).holds) h.written = h.written || h.ctx == e.ctx;
  ctx.invalidated = ctx.move_notified = EventRef{};
  ctx.maps = true;
}

void Mirror::on(const ev_dev_unmap& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  find_within(f, e.h.mm);
  sub_of(e.sub, f);
  if (!f.mm || !f.ctx || e.end <= e.start) return;
  cut(*f.mm, *f.ctx, e.start, e.end, f);
  // only what was there can be in the TLB: a whole range may be unmapped of which little is mapped
  if (f.ctx->flushes && f.gone.overflowed)
    f.ctx->unflushed.push(Piece{e.start, e.end, 0, EventRef::of(e.h)});
  else if (f.ctx->flushes)
    for (const Mapping* m : f.gone) {
      uint64_t from = std::max<uint64_t>(m->start, e.start), to = std::min<uint64_t>(m->end, e.end);
      if (from >= to) from = e.start, to = e.end;  // a part of it stays: what is left says nothing of what went
      Piece* last = f.ctx->unflushed.empty() ? nullptr : &f.ctx->unflushed.back();
      if (last && last->at.time == e.h.time && last->end == from)
        last->end = to;
      else
        f.ctx->unflushed.push(Piece{from, to, 0, EventRef::of(e.h)});
    }
  if (f.ctx->ended && !f.ctx->mappings) ctx_over(*f.ctx, f.ctx->ended, f);
}

void Mirror::on(const ev_dev_flush_submit& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.ctx) return;
  // a flush helps against what was unmapped before it was asked for
  for (Piece& p : f.ctx->unflushed)
    if (!p.token && e.start <= p.start && p.end <= e.end) p.token = e.token;
}

void Mirror::on(const ev_dev_flush_done& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.ctx) return;
  auto& pieces = f.ctx->unflushed;
  for (int i = pieces.count - 1; i >= 0; --i)
    if (pieces.items[static_cast<size_t>(i)].token == e.token) pieces.erase(&pieces.items[static_cast<size_t>(i)]);
  if (pieces.empty()) pieces.clear();
}

void Mirror::on(const ev_dev_hole& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  Ctx& ctx = ctx_of(e.h, e.ctx, 0, e.driver, f);
  ctx.hole_start = e.start;
  ctx.hole_end = e.end;
}

// Translations that the callback's range meets have to be made anew before they are used, unless the device itself is at work.
void Mirror::callback_met(const ev_cb_ret& e, Facts& f) {
  if (!f.mm || !e.ret || e.end <= e.start) return;
  for (Ctx* ctx : f.mm->ctxs) {
    if (ctx->sub != e.sub || (e.owner && e.owner == ctx->owner)) continue;
    bool met = false;
    const bool all = ctx->spans.overlapping(e.start, e.end - 1, [&](Mapping& m) {
      met = true;
      const bool older = m.seq ? m.seq < e.cur_seq : f.has_entry && m.begun.time + kClockSlack < f.entry->at.time;
      if (older && !m.overtaken) m.overtaken = EventRef::of(e.h);
    });
    if (!all) give_up(e.h.time);
    if (met) ctx->invalidated = EventRef::of(e.h);
  }
}

// What is still writable after an invalidation for a change of protection has started stays marked until it is made anew.
void Mirror::protection_changed(const ev_inv_start_ret& e, Mm& mm, const Facts& f) {
  if (!only_protects(e.reason)) return;
  if (e.end <= e.start || !f.has_entry) return;
  const uint64_t since = f.entry->at.time;
  const bool all = mm.mappings.overlapping(e.start, e.end - 1, [&](Mapping& m) {
    if (m.write && !m.downgraded && m.begun.time + kClockSlack < since) m.downgraded = EventRef::of(e.h);
  });
  if (!all) give_up(e.h.time);
}

}  // namespace mirrorscope
