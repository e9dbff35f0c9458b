// SPDX-License-Identifier: Apache-2.0
// What a device does: translate, keep what it translated, access memory for a while, flush late. The oracle sits at the access.
#include "driver-model/machine/run.h"

namespace mirrorscope::model {

namespace {
u8 device_of(const Run& r) { return r.in.a & 0xf; }

// Is the page what the process sees at this address? A migration entry still means its page: nobody else can write to it.
void look(Run& r, u8 va, bool write) {
  const Ref ref = r.th.dma[va];
  if (ref.stale()) return r.hit(hit_freed);
  Page& page = r.s.page[ref.frame()];
  const Pte& p = r.s.pte[va];
  const bool seen = (p.kind == Entry::present || p.kind == Entry::migration || p.kind == Entry::device) && p.ref.is(ref.frame());
  if (!seen && !(page.pins && r.model.pins_may_go_stale)) r.hit(hit_stale);
  if (!write) return;
  if (seen && !writable(p)) r.hit(hit_permission);
  if (page.flags & Page::kCopied) r.hit(hit_lost_write);
  page.flags |= Page::kDevWritten;
}

void unmapped(Run& r) {
  RECORD(dev_unmap, {
    e.ctx = device_ptr(device_of(r));
    const u8 sub = r.in.b == self ? r.f.mask : r.in.b;
    e.sub = sub == no_sub ? 0 : sub_ptr(sub);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.driver = r.model.driver;
  });
}
void sleeps(Run& r) {
  if (!may_block(r.th)) r.hit(hit_sleeps);
}
}  // namespace

Next run_dev_map(Run& r) {
  const u8 access = r.in.a >> 4, d = device_of(r);
  const Ref* array = pfns(r, r.in.c);
  bool any = false, all_write = true;
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!array[va].valid()) continue;
    Ref ref{static_cast<u8>(array[va].bits & ~(Ref::kMigrate | Ref::kWrite))};
    if (access == writes_anyway || (access == writes && array[va].write())) ref.bits |= Ref::kWrite;
    all_write &= ref.write();
    any = true;
    r.s.dev[d][va] = ref;
  }
  if (!any) return Next::advance;
  const u8 sub = r.in.b == self ? r.f.mask : r.in.b;
  RECORD(dev_map, {
    e.ctx = device_ptr(d);
    e.sub = sub == no_sub ? 0 : sub_ptr(sub);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.sub_seq = sub == no_sub ? 0 : r.s.sub[sub].m;
    e.driver = r.model.driver;
    e.write = all_write;
  });
  return Next::advance;
}

Next run_dev_unmap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.dev[device_of(r)][va] = r.s.tlb[device_of(r)][va] = Ref{};
  unmapped(r);
  return Next::advance;
}

Next run_dev_zap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.dev[device_of(r)][va] = Ref{};
  return Next::advance;
}

Next run_dev_downgrade(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    r.s.dev[device_of(r)][va].bits &= static_cast<u8>(~Ref::kWrite);
    r.s.tlb[device_of(r)][va].bits &= static_cast<u8>(~Ref::kWrite);
  }
  return Next::advance;
}

Next run_flush_submit(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.flush[r.in.a] |= static_cast<u8>(1 << va);
  return Next::advance;
}

Next run_flush_execute(Run& r) {
  for (u8 va = 0; va < kVas; ++va)
    if (r.s.flush[r.in.a] >> va & 1) r.s.tlb[r.in.a][va] = Ref{};
  r.s.flush[r.in.a] = 0;
  return Next::advance;
}

Next run_flush_wait(Run& r) {
  sleeps(r);
  unmapped(r);
  return Next::advance;
}

Next run_if_mapped(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va)
    if (!r.s.dev[r.in.a][va].valid()) return Next::advance;
  return r.go(true);
}

Next run_dma_begin(Run& r) {
  const u8 d = r.in.a;
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Ref entry = r.in.c && r.s.tlb[d][va].valid() ? r.s.tlb[d][va] : r.s.dev[d][va];
    if (!entry.valid() || (r.in.b && !entry.write())) return r.go(true);
  }
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    Ref entry = r.s.dev[d][va];
    if (r.in.c) {
      Ref& cached = r.s.tlb[d][va];
      if (!cached.valid()) cached = entry;
      entry = cached;
    }
    r.th.dma[va] = Ref{static_cast<u8>(entry.bits & ~Ref::kWrite)};
  }
  r.th.dma_device = d;
  RECORD(dma_begin, {
    e.ctx = device_ptr(d);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.driver = r.model.driver;
    e.write = r.in.b;
  });
  return Next::advance;
}

Next run_dma_access(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va)
    if (r.th.dma[va].valid()) look(r, va, r.in.b);
  return Next::advance;
}

Next run_dma_end(Run& r) {
  RECORD(dma_end, {
    e.ctx = device_ptr(r.th.dma_device);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.driver = r.model.driver;
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) r.th.dma[va] = Ref{};
  r.th.dma_device = 0;
  return Next::advance;
}

Next run_drain(Run& r) {
  sleeps(r);
  return Next::advance;
}

Next run_mark_dirty(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Ref ref = r.s.dev[r.in.a][va];
    if (!ref.valid() || !ref.write() || ref.stale()) continue;
    Page& page = r.s.page[ref.frame()];
    page.flags = static_cast<u8>((page.flags | Page::kDirty) & ~Page::kDevWritten);
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
