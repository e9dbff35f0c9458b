// SPDX-License-Identifier: Apache-2.0
// Which pages devices map or hold, until the kernel frees them.
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

Page& Mirror::page_of(uint64_t pfn) {
  bool made = false;
  Page& page = pages_.get(pfn, &made);
  if (made) made_one();
  page.pfn = pfn;
  return page;
}

// No device has to do with it any more. Not while the record that ended it is judged: see settle() in step().
void Mirror::forget_page(Page& page) {
  if (page.mappings.empty() && page.holds.empty()) idle_pages_.push_back(page.pfn);
}

void Mirror::forget_idle_pages() {
  for (uint64_t pfn : idle_pages_) {
    const Page* page = pages_.find(pfn);
    if (page && page->mappings.empty() && page->holds.empty()) pages_.erase(pfn);
  }
  idle_pages_.clear();
}

// The list of an object's pages is not searched when it gives one back: what is in it in vain goes when it is half of it.
void Mirror::hold_begins(Ctx& ctx, Page& page, const Hold& hold) {
  if (!page.holds.push(hold)) return;
  ++ctx.holds_live;
  if (ctx.holds_of.size() >= 16 + 2 * size_t{ctx.holds_live}) {
    auto& pfns = ctx.holds_of;
    std::sort(pfns.begin(), pfns.end());
    pfns.erase(std::unique(pfns.begin(), pfns.end()), pfns.end());
    std::erase_if(pfns, [&](uint64_t pfn) {
      const Page* p = pages_.find(pfn);
      return !p || std::none_of(p->holds.begin(), p->holds.end(), [&](const Hold& h) { return h.ctx == ctx.ptr; });
    });
  }
  ctx.holds_of.push_back(page.pfn);
}

void Mirror::on(const ev_page_hold& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  Ctx& ctx = ctx_of(e.h, e.ctx, 0, e.driver, f);
  ctx.holds = true;
  ctx.held += (e.end - e.start) >> 12;
  if (e.hold == MS_hold_pin) ctx.pins += (e.end - e.start) >> 12;
  if (!e.pfn) return;
  Page& page = page_of(e.pfn);
  f.page = &page;
  for (Hold& h : page.holds)
    if (h.ctx == e.ctx && h.hold == e.hold) {
      ++h.count;
      return;
    }
  hold_begins(ctx, page, Hold{e.ctx, e.start, e.hold, 1, e.longterm != 0, false, EventRef::of(e.h)});
}

void Mirror::on(const ev_page_release& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  const uint64_t pages = (e.end - e.start) >> 12;
  if (f.ctx) f.ctx->held -= std::min(f.ctx->held, pages);
  if (f.ctx && e.hold == MS_hold_pin) f.ctx->pins -= std::min(f.ctx->pins, pages);
  Page* page = e.pfn ? pages_.find(e.pfn) : nullptr;
  if (!page) return;
  f.page = page;
  if (e.dirty)
    for (Mapping* m : page->mappings) m->dirtied = true;
  for (Hold& h : page->holds) {
    if (h.ctx != e.ctx || h.hold != e.hold) continue;
    f.has_hold = true;
    f.hold = h;
    if (e.dirty) h.written = false;
    if (--h.count == 0) {
      page->holds.erase(&h);
      if (f.ctx && f.ctx->holds_live) --f.ctx->holds_live;
    }
    forget_page(*page);
    return;
  }
}

// What it still holds it will never give back.
void Mirror::on(const ev_dev_ctx_end& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  if (!f.ctx) return;
  if (f.ctx->held)
    for (uint64_t pfn : f.ctx->holds_of) {
      Page* page = pages_.find(pfn);
      for (int i = page ? page->holds.count - 1 : -1; i >= 0; --i) {
        Hold& h = page->holds.items[static_cast<size_t>(i)];
        if (h.ctx != e.ctx) continue;
        f.left.push(h);
        page->holds.erase(&h);
        forget_page(*page);
      }
    }
  ctx_ends(*f.ctx, f);
  forget_ctx(*f.ctx);
}

void Mirror::on(const ev_page_free& e, Facts& f) {
  task_of(e.h, f);
  Page* page = pages_.find(e.pfn);
  if (!page) return;
  f.page = page;
  page->freed = EventRef::of(e.h);
}

void Mirror::on(const ev_page_dirty& e, Facts& f) {
  task_of(e.h, f);
  Page* page = pages_.find(e.pfn);
  if (!page) return;
  f.page = page;
  for (Mapping* m : page->mappings) m->dirtied = true;
  for (Hold& h : page->holds) h.written = false;
}

}  // namespace mirrorscope
