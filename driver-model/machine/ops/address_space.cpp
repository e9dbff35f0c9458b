// SPDX-License-Identifier: Apache-2.0
// What a process does to its address space: VMAs, page table entries, fork, faults, the end (mm/memory.c, mm/mmap.c).
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
void put_map(Run& r, unsigned frame) {
  --r.s.page[frame].maps;
  drop_if_free(r, frame);
}
bool mapped(const Pte& p) { return p.kind == Entry::present || p.kind == Entry::device; }
}  // namespace

Next run_vma_map(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.prot[va] = 3;
  RECORD(vma_map, {
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.flags = 3;
  });
  return Next::advance;
}
Next run_vma_unmap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.prot[va] = 0;
  RECORD(vma_unmap, {
    e.start = addr(r.lo());
    e.end = addr(r.hi());
  });
  return Next::advance;
}
Next run_vma_protect(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.prot[va] &= 1;
  return Next::advance;
}
Next run_vma_protected(Run& r) {
  RECORD(vma_protect, {
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.flags = 1;
  });
  return Next::advance;
}

Next run_zap(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    Pte& p = r.s.pte[va];
    if (mapped(p)) {
      Page& page = r.s.page[p.ref.frame()];
      --page.maps;
      ++page.holds;
      r.th.gather |= static_cast<u8>(1 << p.ref.frame());
    }
    r.s.pte[va ^ 1].huge = 0;
    p = Pte{};
  }
  return Next::advance;
}

Next run_free_pages(Run& r) {
  for (unsigned f = 0; f < kPages; ++f) {
    if (!(r.th.gather >> f & 1)) continue;
    --r.s.page[f].holds;
    drop_if_free(r, f);
  }
  r.th.gather = 0;
  return Next::advance;
}

Next run_wrprotect(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.pte[va].ref.bits &= static_cast<u8>(~Ref::kWrite);
  return Next::advance;
}

Next run_move_entries(Run& r) {
  RECORD(vma_remap, {
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.to_start = addr(r.in.a);
    e.to_end = addr(r.in.a + r.hi() - r.lo());
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const u8 to = static_cast<u8>(r.in.a + va - r.lo());
    r.s.pte[to] = r.s.pte[va];
    r.s.prot[to] = r.s.prot[va];
    r.s.pte[va] = Pte{};
    r.s.prot[va] = 0;
  }
  return Next::advance;
}

// A pinned page is copied at once, so that the parent's stays what the device writes to (copy_present_page).
Next run_fork_copy(Run& r) {
  RECORD(mm_fork, {
    e.child = child_mm_ptr;
    e.child_tgid = tgid + 50;
  });
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    Pte& p = r.s.pte[va];
    if (p.kind != Entry::present || r.s.child[va].valid()) continue;
    if (r.s.page[p.ref.frame()].pins) {
      const u8 copy = take_frame(r.s, false);
      r.s.page[copy] = Page{1, 0, 0, Page::kDirty};
      r.s.child[va] = Ref::of(copy, true);
    } else {
      ++r.s.page[p.ref.frame()].maps;
      p.ref.bits &= static_cast<u8>(~Ref::kWrite);
      r.s.child[va] = Ref::of(p.ref.frame(), false);
    }
  }
  return Next::advance;
}

Next run_child_exit(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) {
    const Ref ref = r.s.child[va];
    r.s.child[va] = Ref{};
    if (ref.valid()) put_map(r, ref.frame());
  }
  return Next::advance;
}

// The result is in `ret`, see environment.cpp.
Next run_classify_fault(Run& r) {
  const u8 va = r.f.va;
  Pte& p = r.s.pte[va];
  const bool write = r.in.b;
  u8& ret = r.th.ret;
  if (!(r.s.prot[va] & 1)) {
    ret = EFAULT;
  } else if (write && !(r.s.prot[va] & 2)) {
    ret = EPERM;
  } else if (p.kind == Entry::none || p.kind == Entry::swap) {
    ret = fault_installs;
  } else if (p.kind == Entry::device) {
    ret = fault_migrates;
  } else if (write && !writable(p) && r.s.page[p.ref.frame()].maps > 1) {
    ret = fault_copies;
  } else {
    if (write) {  // wp_page_reuse()
      p.ref.bits |= Ref::kWrite;
      r.s.page[p.ref.frame()].flags |= Page::kDirty;
    }
    ret = 0;
  }
  return Next::advance;
}

Next run_install(Run& r) {
  Pte& p = r.s.pte[r.f.va];
  r.th.ret = 0;
  if (p.kind != Entry::none && p.kind != Entry::swap) return Next::advance;  // somebody else was faster
  const u8 frame = take_frame(r.s, false);
  r.s.page[frame] = Page{1, 0, 0, r.in.b ? Page::kDirty : u8{0}};
  p = Pte{Entry::present, Ref::of(frame, r.s.prot[r.f.va] & 2), 0};
  return Next::advance;
}

Next run_cow_copy(Run& r) {
  Pte& p = r.s.pte[r.f.va];
  r.th.ret = 0;
  if (p.kind != Entry::present || writable(p)) return Next::advance;  // !pte_same()
  const unsigned old = p.ref.frame();
  const u8 frame = take_frame(r.s, false);
  r.s.page[frame] = Page{1, 0, 0, Page::kDirty};
  p.ref = Ref::of(frame, true);
  put_map(r, old);
  return Next::advance;
}

Next run_mmget(Run& r) {
  if (r.s.users == 0) return r.go(true);
  ++r.s.users;
  return Next::advance;
}

Next run_mmput(Run& r) {
  ++r.f.pc;
  r.f.phase = 0;
  if (--r.s.users == 0) push(r.th, r.model.exit_mmap, 0, kVas);
  return Next::moved;
}

Next run_mm_exit(Run& r) {
  if (r.in.a) {
    RECORD(mm_exit, { e.mm_users = r.s.users; });
  } else {
    r.s.flags |= State::kExited;
    RECORD(mm_exit_ret, { e.mm_count = 1; });
  }
  return Next::advance;
}

// kernel/fork.c, __mmdrop(); __mmu_notifier_subscriptions_destroy() has a BUG_ON for the list alone
Next run_mm_drop(Run& r) {
  uint64_t inserted = 0, deferred = 0;
  for (unsigned i = 0; i < kSubs; ++i) {
    const u8 where = r.s.sub[i].where;
    if (where & Sub::kInTree) inserted = sub_ptr(i);
    if (where & Sub::kDeferredInsert) deferred = sub_ptr(i);
  }
  if (inserted || deferred || r.s.listed) r.hit(hit_misuse);
  RECORD(mm_end, {
    e.pinned_vm = r.in.a < kVars ? static_cast<int8_t>(r.s.var[r.in.a]) : 0;
    e.subs = r.s.flags & State::kHasItree || !r.model.lists.empty() ? subscriptions_ptr : 0;
    e.list = r.s.listed ? list_ptr(r.s.listed & 1 ? 0 : 1) : 0;
    e.itree = inserted;
    e.deferred = deferred;
  });
  return Next::advance;
}

}  // namespace mirrorscope::model
