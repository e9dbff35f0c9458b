// SPDX-License-Identifier: Apache-2.0
// Which ranges an SVM has (drivers/gpu/drm/drm_gpusvm.c), and what the protection of addresses is.
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

void Mirror::on(const ev_svm_range& e, Facts& f) {
  about_ctx(e.h, e.ctx, f);
  sub_of(e.sub, f);
  if (!f.mm || e.end <= e.start) return;
  SvmRange* r = ranges_.find(e.range);
  if (e.verb == MS_svm_verb_created) {
    if (r)
      drop_range(*r);
    else
      made_one();
    r = &ranges_.get(e.range);
    *r = SvmRange{};
    r->ptr = e.range;
    r->ctx = e.ctx;
    r->mm = f.mm->ptr;
    r->sub = e.sub;
    r->start = e.start;
    r->end = e.end;
    r->created = EventRef::of(e.h);
    f.mm->ranges.add(e.start, e.end - 1, r);
  }
  f.range = r;
  if (!r) return;
  const EventRef now = EventRef::of(e.h);
  switch (e.verb) {
    case MS_svm_verb_get_pages:
      if (!e.ret) r->device = e.device;
      if (!e.ret) r->got = now;
      break;
    case MS_svm_verb_pages_valid:
      r->valid = now;
      r->valid_locked = user_lock_of(*f.task, e.ctx);
      break;
    case MS_svm_verb_unmap_pages:
      r->got = r->valid = EventRef{};
      break;
    case MS_svm_verb_set_unmapped:
      r->unmapped = now;
      break;
    case MS_svm_verb_evict:
      if (!e.ret) r->evicted = now;
      break;
    case MS_svm_verb_removed:
      drop_range(*r);  // the slot keeps its bytes until the next step
      break;
    default:
      break;
  }
}

void Mirror::drop_range(SvmRange& r) {
  if (Mm* mm = mms_.find(r.mm)) mm->ranges.remove(r.start, &r);
  ranges_.erase(r.ptr);
}

void Mirror::ranges_met(const ev_inv_start_ret& e, Mm& mm) {
  if (e.end <= e.start) return;
  const bool all = mm.ranges.overlapping(e.start, e.end - 1, [&](SvmRange& r) {
    r.valid = EventRef{};
    if (e.reason != MS_reason_unmap) return;
    r.met_unmap = EventRef::of(e.h);
    r.partial = e.start > r.start || e.end < r.end;
  });
  if (!all && !mm.releasing) give_up(e.h.time);
}

// [start, end) has these flags from now on; without them nothing is known of it.
void Mirror::set_vma(Mm& mm, uint64_t start, uint64_t end, std::optional<uint64_t> flags, const EventRef& at) {
  if (end <= start) return;
  Few<VmaPiece*, 16> hit;
  do {
    hit.clear();
    mm.vmas.overlapping(start, end - 1, [&](VmaPiece& v) { return hit.push(&v) != nullptr; });
    for (VmaPiece* v : hit) {
      VmaPiece left = *v, right = *v;
      mm.vmas.remove(v->start, v);
      vmas_.drop(*v);
      if (left.start < start) {
        left.end = start;
        mm.vmas.add(left.start, left.end - 1, &vmas_.add(left));
      }
      if (right.end > end) {
        right.start = end;
        mm.vmas.add(right.start, right.end - 1, &vmas_.add(right));
      }
    }
  } while (hit.overflowed);
  if (!flags) return;
  made_one();
  mm.vmas.add(start, end - 1, &vmas_.add(VmaPiece{start, end, *flags, at}));
}

void Mirror::on(const ev_vma_map& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm) return;
  mm_lives(*mm);
  mm->vmas_watched = true;
  f.task->told = Span{};  // what it unmaps from here on is what it maps now
  if (mm->pinned.size()) mapped_over(e, *mm, f);
  set_vma(*mm, e.start, e.end, e.flags, EventRef::of(e.h));
}

void Mirror::on(const ev_vma_protect& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm) return;
  mm_lives(*mm);
  set_vma(*mm, e.start, e.end, e.flags, EventRef::of(e.h));
}

void Mirror::on(const ev_vma_unmap& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm) return;
  taken_away(e.h, e.start, e.end, *mm, f);
  set_vma(*mm, e.start, e.end, std::nullopt, EventRef::of(e.h));
}

void Mirror::on(const ev_vma_remap& e, Facts& f) {
  task_of(e.h, f);
  Mm* mm = mm_of(e.h, f);
  if (!mm) return;
  taken_away(e.h, e.start, e.end, *mm, f);
  const VmaPiece* moved = nullptr;
  mm->vmas.overlapping(e.start, e.start, [&](const VmaPiece& v) { moved = &v; });
  const uint64_t flags = moved ? moved->flags : 0;
  // The old place stays what it is until it is unmapped, which has a record of its own, and for good with MREMAP_DONTUNMAP: who pins pages
  // of a file there meanwhile has the file's (mm/mremap.c, move_vma()).
  set_vma(*mm, e.to_start, e.to_end, moved ? std::optional(flags) : std::nullopt, EventRef::of(e.h));
}

// Whatever was on the address of the child is gone, whether its end was seen or not.
void Mirror::on(const ev_mm_fork& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  if (Mm* old = e.child != e.h.mm ? mms_.find(e.child) : nullptr) forget_mm(*old);
}

void Mirror::on(const ev_devmem& e, Facts& f) { about_ctx(e.h, e.ctx, f); }

#define ABOUT_MM(event)                        \
  void Mirror::on(const ev_##event& e, Facts& f) { \
    task_of(e.h, f);                           \
    mm_of(e.h, f);                             \
  }
ABOUT_MM(pin_account)
ABOUT_MM(ucache_hit)
ABOUT_MM(ucache_put)
ABOUT_MM(ucache_event)
ABOUT_MM(ucache_end)
#undef ABOUT_MM

}  // namespace mirrorscope
