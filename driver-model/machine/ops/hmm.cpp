// SPDX-License-Identifier: Apache-2.0
// Who looks pages up for a device: hmm_range_fault() (mm/hmm.c), pin_user_pages() (mm/gup.c), dma_buf_map_attachment() (drivers/dma-buf).
#include "driver-model/machine/ops/run.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::model {

namespace {
// The walk: Frame::mask is the page it has come to; Frame::phase says what comes next.
enum Phase : u8 { entered, checks, faulted, walks };
Next fault_in(Run& r, bool write) {
  r.f.phase = faulted;
  push(r.th, r.model.fault_program[write], r.f.mask, static_cast<u8>(r.f.mask + 1));
  return Next::moved;
}
bool fault_failed(Run& r) {
  const bool failed = r.f.phase == faulted && (r.th.ret == EFAULT || r.th.ret == EPERM);
  if (r.f.phase == faulted) r.f.phase = checks;
  return failed;
}

uint64_t flags_of(bool write) { return kHmmReqFault | (write ? kHmmReqWrite : 0); }

Next range_fault_returns(Run& r, u8 error) {
  r.th.ret = error;
  RECORD(range_fault_ret, {
    const u8 owner = r.in.d >> 4;
    e.hmm_range = stack_ptr(r.t, 0);
    e.sub = sub_ptr(r.sub());
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.notifier_seq = token(r, r.in.b);
    e.sub_seq = r.s.sub[r.sub()].m;
    e.pfns = pfns_ptr(r.t, r.in.c);
    e.default_flags = flags_of(r.in.d & 1);
    e.owner = owner_ptr(owner);
    e.ret = -static_cast<int>(error);
    if (!error) {
      const Ref* array = pfns(r, r.in.c);
      e.sampled = r.hi() - r.lo();
      for (u8 va = r.lo(); va < r.hi(); ++va) {
        e.valid += array[va].valid();
        e.writable += array[va].valid() && array[va].write();
      }
    }
  });
  r.f.mask = 0;
  return Next::advance;
}

Next pin_returns(Run& r, u8 error) {
  const u8 got = static_cast<u8>(r.f.mask - r.lo());
  r.th.ret = error;
  if (!(r.in.d & reference)) RECORD(pin_ret, {
    e.start = addr(r.lo());
    e.npages = r.hi() - r.lo();
    e.pages = pfns_ptr(r.t, r.in.c);
    e.ret = got ? got : -static_cast<int>(error);
    e.gup_flags = (r.in.d & 1u) | (r.in.d & longterm ? 0x100 : 0);
    e.call = MS_pin_call_pin_user_pages_fast;
    e.sampled = got;
  });
  r.f.mask = 0;
  return Next::advance;
}

void record_release(Run& r, u8 va, unsigned frame, uint32_t hold, uint32_t dirty) {
  RECORD(page_release, {
    e.ctx = device_ptr(r.in.a);
    e.start = addr(va);
    e.end = addr(va + 1u);
    e.pfn = pfn_of(frame);
    e.hold = hold;
    e.dirty = dirty;
    e.driver = MS_driver_model;
  });
}

// A short one: it protects the page until it is mapped, and a notifier from then on.
Next put_references(Run& r) {
  Ref* array = pfns(r, r.in.c);
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!array[va].valid()) continue;
    const unsigned frame = array[va].frame();
    Page& page = r.s.page[frame];
    const bool held = page.holds && !array[va].stale(), dirty = r.in.d & 1;
    array[va] = Ref{};
    if (!held) {
      r.hit(hit_misuse);
      continue;
    }
    if (dirty) page.flags = static_cast<u8>((page.flags | Page::kDirty) & ~Page::kDevWritten);
    --page.holds;
    record_release(r, va, frame, MS_hold_reference, dirty);
    drop_if_free(r, frame);
  }
  return Next::advance;
}
}  // namespace

Next run_range_fault(Run& r) {
  const bool write = r.in.d & 1;
  const u8 owner = r.in.d >> 4;
  if (r.f.phase == 0) {
    RECORD(range_fault, {
      const Sub& sub = r.s.sub[r.sub()];
      e.hmm_range = stack_ptr(r.t, 0);
      e.sub = sub_ptr(r.sub());
      e.start = addr(r.lo());
      e.end = addr(r.hi());
      e.sub_start = addr(sub.lo);
      e.sub_last = addr(sub.hi) - 1;
      e.notifier_seq = token(r, r.in.b);
      e.sub_seq = sub.m;
      e.pfns = pfns_ptr(r.t, r.in.c);
      e.default_flags = flags_of(write);
      e.owner = owner_ptr(owner);
      e.mmap_lock = r.s.lock[mmap_lock].writer ? 1 : r.s.lock[mmap_lock].readers * 0x100u;
      e.mm_users = r.s.users;
    });
    r.f.mask = r.lo();
    r.f.phase = checks;
    return Next::stay;
  }
  if (fault_failed(r)) return range_fault_returns(r, r.th.ret);
  // mmu_interval_check_retry(), each time the walk starts anew; what happens behind it, only read_retry() can tell
  if (r.f.phase == checks) {
    if (r.s.sub[r.sub()].m != token(r, r.in.b)) return range_fault_returns(r, EBUSY);
    r.f.phase = walks;
    return Next::stay;
  }
  const u8 va = r.f.mask;
  const Pte& p = r.s.pte[va];
  if (!(r.s.prot[va] & 1)) return range_fault_returns(r, EFAULT);
  const bool own = p.kind == Entry::device && owner && p.ref.frame() == kDevicePage + owner - 1u;
  if (!own && (p.kind != Entry::present || (write && !writable(p)))) return fault_in(r, write);
  pfns(r, r.in.c)[va] = Ref{static_cast<u8>(p.ref.bits & (Ref::kFrame | Ref::kValid | Ref::kWrite))};
  if (++r.f.mask < r.hi()) return Next::stay;
  return range_fault_returns(r, 0);
}

Next run_pin(Run& r) {
  const bool write = r.in.d & 1, pins = !(r.in.d & reference);
  if (r.f.phase == 0) {
    if (pins) RECORD(pin, {
      e.start = addr(r.lo());
      e.npages = r.hi() - r.lo();
      e.pages = pfns_ptr(r.t, r.in.c);
      e.gup_flags = (r.in.d & 1u) | (r.in.d & longterm ? 0x100 : 0);
      e.call = MS_pin_call_pin_user_pages_fast;
    });
    r.f.mask = r.lo();
    r.f.phase = checks;
    return Next::stay;
  }
  if (fault_failed(r)) return pin_returns(r, r.th.ret);
  const u8 va = r.f.mask;
  const Pte& p = r.s.pte[va];
  if (!(r.s.prot[va] & 1)) return pin_returns(r, EFAULT);
  if (p.kind != Entry::present || (write && !writable(p))) return fault_in(r, write);
  Page& page = r.s.page[p.ref.frame()];
  ++(pins ? page.pins : page.holds);
  pfns(r, r.in.c)[va] = Ref{static_cast<u8>((p.ref.bits & (Ref::kFrame | Ref::kValid | Ref::kWrite)) | (pins ? Ref::kPinned : 0))};
  RECORD(page_hold, {
    e.ctx = device_ptr(r.in.a);
    e.start = addr(va);
    e.end = addr(va + 1u);
    e.pfn = pfn_of(p.ref.frame());
    e.hold = pins ? MS_hold_pin : MS_hold_reference;
    e.longterm = r.in.d & longterm ? 1 : 0;
    e.driver = MS_driver_model;
  });
  ++r.f.mask;
  if (r.in.d & at_most_one && r.f.mask < r.hi()) return pin_returns(r, ENOMEM);
  if (r.f.mask < r.hi()) return Next::stay;
  return pin_returns(r, 0);
}

Next run_unpin(Run& r) {
  if (r.in.d & reference) return put_references(r);
  Ref* array = pfns(r, r.in.c);
  u8 pages = 0, bad = 0, first = 0;
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    if (!array[va].valid()) continue;
    Page& page = r.s.page[array[va].frame()];
    if (!pages++) first = static_cast<u8>(array[va].frame());
    if (!page.pins || array[va].stale()) {
      ++bad;
      r.hit(hit_misuse);
      array[va] = Ref{};
      continue;
    }
    if (r.in.d) page.flags = static_cast<u8>((page.flags | Page::kDirty) & ~Page::kDevWritten);
    --page.pins;
    const unsigned frame = array[va].frame();
    record_release(r, va, frame, MS_hold_pin, r.in.d);
    array[va] = Ref{};
    drop_if_free(r, frame);
  }
  if (!pages) return Next::advance;
  RECORD(unpin, {
    e.pages = pfns_ptr(r.t, r.in.c);
    e.npages = pages;
    e.first = pfn_of(first);
    e.call = MS_pin_call_unpin_user_pages_dirty_lock;
    e.dirty = r.in.d;
    e.sampled = pages;
    e.unpinned = bad;
  });
  RECORD(unpin_ret, {
    e.pages = pfns_ptr(r.t, r.in.c);
    e.npages = pages;
    e.call = MS_pin_call_unpin_user_pages_dirty_lock;
  });
  return Next::advance;
}

// A buffer that is being moved is still where it was.
Next run_buf_map(Run& r) {
  Ref* array = pfns(r, r.in.c);
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Pte& p = r.s.pte[va];
    const bool there = p.kind == Entry::present || p.kind == Entry::migration;
    array[va] = there ? Ref{static_cast<u8>((p.ref.bits & Ref::kFrame) | Ref::kValid | Ref::kWrite)} : Ref{};
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
