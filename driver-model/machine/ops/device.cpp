// SPDX-License-Identifier: Apache-2.0
// What a device does: translate, keep what it translated, access memory for a while, flush late. The oracle sits at the access.
#include "driver-model/machine/ops/run.h"

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
  // with a shared page table an old translation may be used until it is flushed, as the CPUs do
  const u8 d = r.th.dma_device;
  const bool shared = d < r.model.devices.size() && r.model.devices[d].discipline == MS_discipline_shared_table;
  const bool not_flushed = shared && p.kind != Entry::present;
  if (!seen && !not_flushed && !(page.pins && r.model.pins_may_go_stale)) r.hit(hit_stale);
  if (!write) return;
  if (seen && !writable(p) && !page.pins) r.hit(hit_permission);  // a pin was taken while it was writable
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
    e.driver = MS_driver_model;
  });
}

// Where the driver has the page from, by the array that it is in.
uint32_t source_of(const Run& r, Ref ref, u8 va) {
  if (r.in.a >> 4 == writes_buffer) return MS_page_source_buffer;
  if (ref.pinned()) return ref.write() ? MS_page_source_pin : MS_page_source_pin_read;
  if (r.in.b == no_sub && r.in.c != own_dst) return MS_page_source_unknown;  // by get_user_pages(): KVM
  if (r.in.c != own_dst) return ref.write() ? MS_page_source_hmm_write : MS_page_source_hmm_read;
  if (!r.th.pfn[va].migrate()) return MS_page_source_migrate_lost;
  return ref.write() ? MS_page_source_migrate_write : MS_page_source_migrate_read;
}

void mapped(Run& r, u8 va, Ref from, bool write, u8 seq) {
  RECORD(dev_map, {
    const u8 sub = r.in.b == self ? r.f.mask : r.in.b;
    e.ctx = device_ptr(device_of(r));
    e.sub = sub == no_sub ? 0 : sub_ptr(sub);
    e.start = addr(va);
    e.end = addr(va + 1u);
    e.seq = sub == no_sub ? 0 : seq;
    e.sub_seq = sub == no_sub ? 0 : r.s.sub[sub].m;
    e.pfn = pfn_of(from.frame());
    e.owner = from.frame() >= kDevicePage ? owner_ptr(from.frame() - kDevicePage + 1) : 0;
    e.source = source_of(r, from, va);
    e.write = write;
    e.cpu_dirty = r.s.page[from.frame()].flags & Page::kDirty ? 1 : 2;
    e.driver = MS_driver_model;
  });
}

template <typename Ev>
void about_flush(Run& r, Ev& e, u8 va) {
  e.ctx = device_ptr(r.in.a);
  e.start = addr(va);
  e.end = addr(va + 1u);
  e.token = va + 1u;
  e.driver = MS_driver_model;
}
}  // namespace

Next run_dev_map(Run& r) {
  const u8 access = r.in.a >> 4, d = device_of(r);
  const Ref* array = pfns(r, r.in.c);
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!array[va].valid()) continue;
    Ref ref{static_cast<u8>(array[va].bits & ~(Ref::kMigrate | Ref::kWrite))};
    if (access == writes_anyway || (access & writes && array[va].write())) ref.bits |= Ref::kWrite;
    r.s.dev[d][va] = ref;
    mapped(r, va, array[va], ref.write(), r.in.d == invalid_tok ? u8{0} : token(r, r.in.d));
  }
  return Next::advance;
}

Next run_dev_unmap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.dev[device_of(r)][va] = r.s.tlb[device_of(r)][va] = Ref{};
  unmapped(r);
  return Next::advance;
}

Next run_dev_zap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.dev[device_of(r)][va] = Ref{};
  unmapped(r);
  return Next::advance;
}

Next run_dev_downgrade(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    r.s.dev[device_of(r)][va].bits &= static_cast<u8>(~Ref::kWrite);
    r.s.tlb[device_of(r)][va].bits &= static_cast<u8>(~Ref::kWrite);
    const Ref ref = r.s.dev[device_of(r)][va];
    if (ref.valid() && !ref.stale()) mapped(r, va, ref, false, 0);
  }
  return Next::advance;
}

Next run_flush_submit(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    r.s.flush[r.in.a] |= static_cast<u8>(1 << va);
    RECORD(dev_flush_submit, { about_flush(r, e, va); });
  }
  return Next::advance;
}

Next run_flush_execute(Run& r) {
  for (u8 va = 0; va < kVas; ++va)
    if (r.s.flush[r.in.a] >> va & 1) {
      r.s.tlb[r.in.a][va] = Ref{};
      RECORD(dev_flush_done, { about_flush(r, e, va); });
    }
  r.s.flush[r.in.a] = 0;
  return Next::advance;
}

Next run_flush_wait(Run& r) {
  if (r.in.b == may_sleep) sleeps(r);
  return Next::advance;
}

Next run_if_mapped(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va)
    if (!r.s.dev[r.in.a][va].valid()) return Next::advance;
  return r.go(true);
}

Next run_translate(Run& r) {
  const u8 d = device_of(r);
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Pte& p = r.s.pte[va];
    if (p.kind != Entry::present || !writable(p)) return r.go(true);
    if (r.s.tlb[d][va].valid()) continue;
    r.s.tlb[d][va] = Ref::of(p.ref.frame(), true);
    mapped(r, va, r.s.tlb[d][va], true, 0);
  }
  return Next::advance;
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
    e.driver = MS_driver_model;
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
    e.driver = MS_driver_model;
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) r.th.dma[va] = Ref{};
  r.th.dma_device = 0;
  return Next::advance;
}

Next run_drain(Run& r) {
  if (r.in.b == may_sleep) sleeps(r);
  return Next::advance;
}

Next run_mark_dirty(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Ref ref = r.s.dev[r.in.a][va];
    if (!ref.valid() || !ref.write() || ref.stale()) continue;
    Page& page = r.s.page[ref.frame()];
    page.flags = static_cast<u8>((page.flags | Page::kDirty) & ~Page::kDevWritten);
    RECORD(page_dirty, { e.pfn = pfn_of(ref.frame()); });
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
