// SPDX-License-Identifier: Apache-2.0
// What memory management does to folios: reclaim, migration, writeback, splitting (mm/vmscan.c, mm/migrate.c, mm/rmap.c).
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
constexpr u8 kReclaimed = Ref::kMigrate;  // in Thread::folio: it went to swap

Pte* entry_of(Run& r, Entry kind) {
  Pte& p = r.s.pte[r.f.va];
  return p.kind == kind && p.ref.frame() == (r.th.folio & Ref::kFrame) ? &p : nullptr;
}
}  // namespace

// Pages that are pinned, shared with a child or locked by others are left alone.
Next run_folio_lock(Run& r) {
  const Pte& p = r.s.pte[r.f.va];
  if (p.kind != Entry::present) return r.go(true);
  Page& page = r.s.page[p.ref.frame()];
  if (page.flags & Page::kLocked || page.pins || page.maps != 1) return r.go(true);
  page.flags |= Page::kLocked;
  ++page.holds;
  r.th.folio = static_cast<u8>(p.ref.frame() | Ref::kValid);
  return Next::advance;
}

Next run_folio_unlock(Run& r) {
  const unsigned frame = r.th.folio & Ref::kFrame;
  Page& page = r.s.page[frame];
  --page.holds;
  // not dirty: dropped without being written, as what is in swap or in the file is thought to be the same
  const bool unsaved = (page.flags & Page::kDevWritten) && !(page.flags & Page::kDirty);
  if (r.th.folio & kReclaimed && page.free() && unsaved) r.hit(hit_lost_write);
  page.flags &= static_cast<u8>(~(Page::kLocked | Page::kCopied));
  drop_if_free(r, frame);
  r.th.folio = 0;
  return Next::advance;
}

Next run_unmap_to_swap(Run& r) {
  // one that was pinned meanwhile stays in the swap cache, where a fault finds it again (__remove_mapping, folio_ref_freeze)
  Pte* p = entry_of(r, Entry::present);
  if (p && !r.s.page[p->ref.frame()].pins) {
    --r.s.page[p->ref.frame()].maps;
    *p = Pte{Entry::swap, Ref{}, 0};
    r.th.folio |= kReclaimed;
  }
  return Next::advance;
}

Next run_unmap_to_migration(Run& r) {
  if (Pte* p = entry_of(r, Entry::present)) {
    --r.s.page[p->ref.frame()].maps;
    p->kind = Entry::migration;
  }
  return Next::advance;
}

Next run_move_folio(Run& r) {
  Pte* p = entry_of(r, Entry::migration);
  if (!p) return Next::advance;
  Page& old = r.s.page[p->ref.frame()];
  p->kind = Entry::present;
  if (old.pins || old.holds > 1) {  // folio_migrate_mapping(): the reference count is not what it should be
    ++old.maps;
    return Next::advance;
  }
  const u8 frame = take_frame(r.s, false);
  r.s.page[frame] = Page{1, 0, 0, static_cast<u8>(old.flags & (Page::kDirty | Page::kDevWritten))};
  old.flags |= Page::kCopied;
  p->ref = Ref::of(frame, p->ref.write());
  return Next::advance;
}

Next run_writeback_clean(Run& r) {
  if (Pte* p = entry_of(r, Entry::present)) {
    p->ref.bits &= static_cast<u8>(~Ref::kWrite);
    r.s.page[p->ref.frame()].flags &= static_cast<u8>(~(Page::kDirty | Page::kDevWritten));
  }
  return Next::advance;
}

Next run_split_huge(Run& r) {
  for (u8 va = r.lo(); va < r.hi(); ++va) r.s.pte[va].huge = 0;
  return Next::advance;
}

}  // namespace mirrorscope::model
