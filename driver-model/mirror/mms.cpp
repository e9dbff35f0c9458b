// SPDX-License-Identifier: Apache-2.0
// Which mms there are, and when everything of one is forgotten (kernel/fork.c, mmput() and mmdrop()).
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

Mm* Mirror::mm_of(const ev_header& h, Facts& f) {
  uint64_t ptr = h.mm;
  if (!ptr && f.within) ptr = f.within->mm;
  if (!ptr) return nullptr;
  f.mm = mms_.find(ptr);
  if (!f.mm) [[unlikely]]
    f.mm = &mm_appears(ptr);
  if (f.mm->epoch != epoch_) [[unlikely]] {
    f.mm->epoch = epoch_;
    f.mm->complete = false;
  }
  return f.mm;
}

[[gnu::noinline]] Mm& Mirror::mm_appears(uint64_t ptr) {
  if (mms_.size() >= sweep_mms_at_) sweep_mms();
  Mm& mm = mms_.get(ptr);
  mm.ptr = ptr;
  mm.generation = ++generations_;
  mm.epoch = epoch_;
  return mm;
}

// The address of a dead mm has come back as a new one, or an mm gets its first interval tree. `first`: a notifier that was inserted into the new
// one already. Others are of the old one, which their references would have kept: that they were removed was not seen.
void Mirror::mm_begins(Mm& mm, const Sub* first) {
  if (mm.over) {
    drop_devices(mm, nullptr);
    mm.subs.each([&](Sub& s) {
      if (&s != first) subs_.erase(s.ptr);
    });
    mm_reset(mm);
    if (first) mm.subs.add(first->start, first->last, subs_.find(first->ptr));
  }
  mm.seq_seen = 0;
}

void Mirror::mm_reset(Mm& mm) {
  const uint64_t ptr = mm.ptr;
  mm = Mm{};
  mm.ptr = ptr;
  mm.generation = ++generations_;
  mm.epoch = epoch_;
}

// It has ended, and no notifier holds it any more. The address is kept for a while: what is said of it late makes nothing of a new mm.
void Mirror::mm_over(Mm& mm) {
  constexpr size_t kOverKept = 1024;
  const uint64_t generation = mm.generation;  // it is still the same one
  mm_reset(mm);
  mm.generation = generation;
  mm.over = true;
  over_mms_.emplace_back(mm.ptr, mm.generation);
  if (over_mms_.size() <= kOverKept) return;
  const auto [ptr, was] = over_mms_.front();
  over_mms_.pop_front();
  if (Mm* old = mms_.find(ptr); old && old->over && old->generation == was) forget_mm(*old);
}

// Nothing of it, or on its address, has to do with what comes there next. The slots keep their bytes until the next step.
void Mirror::forget_mm(Mm& mm) {
  drop_regions_of(mm);
  drop_devices(mm, nullptr);
  mm.subs.each([&](Sub& s) { subs_.erase(s.ptr); });
  mm.pinned.each([&](Registration& r) {
    uncache(r);
    registrations_.erase(r.ctx);
  });
  mms_.erase(mm.ptr);
}

// Mms leave no record when they end, unless they had a notifier: those of which nothing but a past is known are dropped.
void Mirror::sweep_mms() {
  std::vector<Mm*> idle;
  mms_.each([&](Mm& mm) {
    const bool live = mm.possible || mm.open_regions || mm.watchers || mm.subs.size() || mm.pinned.size() || mm.mappings.size() || mm.ranges.size() || mm.any_ctx;
    if (!live) idle.push_back(&mm);
  });
  for (Mm* mm : idle) forget_mm(*mm);
  sweep_mms_at_ = std::max<size_t>(16384, mms_.size() * 2);
}

void Mirror::drop_regions_of(Mm& mm) {
  if (!mm.open_regions) return;
  tasks_.each([&](Task& t) {
    for (int i = t.regions.count - 1; i >= 0; --i)
      if (t.regions.items[static_cast<size_t>(i)].mm == mm.ptr) t.regions.erase(&t.regions.items[static_cast<size_t>(i)]);
  });
  mm.open_regions = 0;
}

void Mirror::on(const ev_mm_exit& e, Facts& f) {
  enter(e.h, f, e.h.mm);
  mm_of(e.h, f);
}

void Mirror::on(const ev_mm_exit_ret& e, Facts& f) {
  leave(e.h, f, e.h.mm);
  Mm& mm = *mm_of(e.h, f);
  mm.exited = EventRef::of(e.h);
  // nothing can hold a range of an mm without VMAs: what is still open never ended
  if (mm.open_regions || migrations_)
    tasks_.each([&](Task& t) {
      for (int i = t.regions.count - 1; i >= 0; --i) {
        Region& r = t.regions.items[static_cast<size_t>(i)];
        if (r.mm == mm.ptr) drop_region(t, &r, e.h, f);
      }
      drop_migrations(t, mm, f);
    });
  drop_devices(mm, &f);
  mm.over = true;
  // subs are removed later, when their file is closed; without any the address may come back as another mm
  if (mm.subs.size() == 0) mm_over(mm);
}

// Whichever task it is that drops the last reference has nothing to do with the mm.
void Mirror::on(const ev_mm_end& e, Facts& f) {
  f.mm = mms_.find(e.h.mm);
  if (f.mm) forget_mm(*f.mm);
}

}  // namespace mirrorscope
