// SPDX-License-Identifier: Apache-2.0
// Pages that move into device memory and back: migrate_vma_setup, _pages, _finalize (mm/migrate_device.c).
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
// A slot: Thread::pfn is src, Thread::dst is dst. Ref::kMigrate in src is MIGRATE_PFN_MIGRATE.
struct Slots {
  u8 src = 0, dst = 0, both = 0;
};
Slots count(const Run& r) {
  Slots n;
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const bool src = r.th.pfn[va].valid() && r.th.pfn[va].migrate(), dst = r.th.dst[va].valid();
    n.src += src;
    n.dst += dst;
    n.both += src && dst;
  }
  return n;
}
uint64_t hash(const Ref* slots) {
  uint64_t h = 1469598103934665603u;
  for (unsigned va = 0; va < kVas; ++va)
    h = (h ^ (slots[va].bits & (Ref::kFrame | Ref::kValid))) * 1099511628211u;
  return h;
}
template <typename Ev>
void about(Run& r, Ev& e) {
  e.args = stack_ptr(r.t, 1);
  if constexpr (requires { e.npages; }) e.npages = r.hi() - r.lo();
  if constexpr (requires { e.sampled; }) e.sampled = r.hi() - r.lo();
}
uint64_t mmap_count(const Run& r) {
  const LockState& l = r.s.lock[mmap_lock];
  return l.writer ? 1 : l.readers * 0x100u;
}

void put_back(Run& r, u8 va) {
  Ref& src = r.th.pfn[va];
  Page& page = r.s.page[src.frame()];
  Pte& p = r.s.pte[va];
  if (p.kind == Entry::migration && p.ref.frame() == src.frame()) {
    p.kind = src.frame() >= kDevicePage ? Entry::device : Entry::present;
    ++page.maps;
  }
}
void let_go(Run& r, u8 va) {
  const unsigned frame = r.th.pfn[va].frame();
  Page& page = r.s.page[frame];
  page.flags &= static_cast<u8>(~(Page::kLocked | Page::kCopied));
  --page.holds;
  r.th.pfn[va] = Ref{};
  drop_if_free(r, frame);
}
}  // namespace

Next run_migrate_setup(Run& r) {
  RECORD(migrate_setup, {
    about(r, e);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.owner = owner_ptr(1);
    e.flags = r.in.a == to_device ? 1 : 2;
    e.mmap_lock = mmap_count(r);
  });
  return Next::advance;
}

// Pages that others share or have locked are skipped; so are holes, which a device may fill without a migration.
Next run_migrate_collect(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    r.th.pfn[va] = r.th.dst[va] = Ref{};
    Pte& p = r.s.pte[va];
    const bool wanted = r.in.a == to_device ? p.kind == Entry::present
                                            : p.kind == Entry::device && p.ref.frame() == kDevicePage + r.in.b - 1u;
    if (!wanted) continue;
    Page& page = r.s.page[p.ref.frame()];
    if (page.flags & Page::kLocked || page.maps != 1) continue;
    page.flags |= Page::kLocked;
    ++page.holds;
    --page.maps;
    p.kind = Entry::migration;
    r.th.pfn[va] = Ref{static_cast<u8>((p.ref.bits & (Ref::kFrame | Ref::kValid | Ref::kWrite)) | Ref::kMigrate)};
  }
  return Next::advance;
}

// migrate_device_unmap(): what is pinned is put back
Next run_migrate_setup_done(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!r.th.pfn[va].valid()) continue;
    const Page& page = r.s.page[r.th.pfn[va].frame()];
    if (!page.pins && page.holds <= 1) continue;
    put_back(r, va);
    let_go(r, va);
  }
  const Slots n = count(r);
  r.th.ret = n.src ? 0 : ENOENT;  // nothing was collected: pages and finalize may be left out
  RECORD(migrate_setup_ret, {
    about(r, e);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.cpages = n.src;
    e.src_migrate = n.src;
    e.src_hash = hash(r.th.pfn);
  });
  return Next::advance;
}

Next run_migrate_alloc(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!r.th.pfn[va].valid() || !r.th.pfn[va].migrate()) continue;
    const u8 frame = take_frame(r.s, r.in.a == to_device);
    r.s.page[frame].flags |= Page::kLocked;
    r.th.dst[va] = Ref::of(frame, r.th.pfn[va].write());
  }
  return Next::advance;
}

Next run_migrate_copy(Run& r) {
  if (!r.in.a) {
    RECORD(copy_end, {
      e.ctx = device_ptr(0);
      e.args = stack_ptr(r.t, 1);
      e.start = addr(r.lo());
      e.end = addr(r.hi());
      e.driver = MS_driver_model;
    });
    return Next::advance;
  }
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!r.th.dst[va].valid() || !r.th.pfn[va].valid()) continue;
    Page& src = r.s.page[r.th.pfn[va].frame()];
    RECORD(copy_begin, {
      const bool forth = r.th.dst[va].frame() >= kDevicePage;
      e.ctx = device_ptr(0);
      e.args = stack_ptr(r.t, 1);
      e.start = addr(r.lo());
      e.end = addr(r.hi());
      e.from = pfn_of(r.th.pfn[va].frame());
      e.to = pfn_of(r.th.dst[va].frame());
      e.owner = owner_ptr((forth ? r.th.dst[va] : r.th.pfn[va]).frame() - kDevicePage + 1);
      e.driver = MS_driver_model;
      e.to_device = forth;
    });
    src.flags |= Page::kCopied;
    r.s.page[r.th.dst[va].frame()].flags |= Page::kDirty;
  }
  return Next::advance;
}

Next run_migrate_bus(Run& r) {
  auto say = [&](auto& e, u8 va, unsigned frame) {
    e.ctx = device_ptr(0);
    e.start = addr(va);
    e.end = addr(va + 1u);
    e.pfn = pfn_of(frame);
    e.hold = MS_hold_dma;
    e.driver = MS_driver_model;
  };
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!r.th.dst[va].valid() || !r.th.pfn[va].valid()) continue;
    const unsigned from = r.th.pfn[va].frame(), system = from < kDevicePage ? from : r.th.dst[va].frame();
    if (r.in.a)
      RECORD(page_hold, { say(e, va, system); });
    else
      RECORD(page_release, { say(e, va, system); });
  }
  return Next::advance;
}

Next run_migrate_pages(Run& r) {
  const Slots before = count(r);
  RECORD(migrate_pages, {
    about(r, e);
    e.cpages = before.src;
    e.src_hash = hash(r.th.pfn);
    e.dst_hash = hash(r.th.dst);
    e.mmap_lock = mmap_count(r);
    e.src_migrate = before.src;
    e.dst_valid = before.dst;
    e.both = before.both;
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    Ref& src = r.th.pfn[va];
    if (!src.valid()) continue;
    const Page& page = r.s.page[src.frame()];
    const bool gone = r.s.pte[va].kind != Entry::migration || page.pins || page.holds > 1;
    if (!r.th.dst[va].valid() || gone) src.bits &= static_cast<u8>(~Ref::kMigrate);
  }
  const Slots after = count(r);
  RECORD(migrate_pages_ret, {
    about(r, e);
    e.dst_hash = hash(r.th.dst);
    e.src_migrate = after.src;
    e.dst_valid = after.dst;
    e.both = after.both;
  });
  return Next::advance;
}

Next run_migrate_finalize(Run& r) {
  const Slots n = count(r);
  RECORD(migrate_finalize, {
    about(r, e);
    e.cpages = n.src;
    e.dst_hash = hash(r.th.dst);
    e.mmap_lock = mmap_count(r);
    e.src_migrate = n.src;
    e.dst_valid = n.dst;
    e.both = n.both;
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Ref src = r.th.pfn[va], dst = r.th.dst[va];
    r.th.dst[va] = Ref{};
    if (!src.valid()) continue;
    Pte& p = r.s.pte[va];
    const bool entry = p.kind == Entry::migration && p.ref.frame() == src.frame();
    if (dst.valid()) {
      Page& to = r.s.page[dst.frame()];
      to.flags &= static_cast<u8>(~Page::kLocked);
      if (src.migrate() && entry) {
        if (!(r.s.page[src.frame()].flags & Page::kCopied)) r.hit(hit_lost_write);
        ++to.maps;
        p = Pte{dst.frame() >= kDevicePage ? Entry::device : Entry::present, Ref::of(dst.frame(), dst.write()), 0};
      } else {
        put_back(r, va);
      }
      --to.holds;
      drop_if_free(r, dst.frame());
    } else {
      put_back(r, va);
    }
    let_go(r, va);
  }
  RECORD(migrate_finalize_ret, { e.args = stack_ptr(r.t, 1); });
  return Next::advance;
}

}  // namespace mirrorscope::model
