// SPDX-License-Identifier: Apache-2.0
// Which pins came back short and wait for their owner to go on or to give back (mm/gup.c).
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

void Mirror::on(const ev_pin& e, Facts& f) {
  Call& c = *enter(e.h, f, e.pages);
  c.start = e.start;
  c.value = e.npages;
  Task& t = *f.task;
  if (!t.short_pin.at) return;
  f.has_short_pin = true;
  f.short_pin = t.short_pin;
  t.short_pin = ShortPin{};
}

void Mirror::on(const ev_pin_ret& e, Facts& f) {
  leave(e.h, f, e.pages);
  if (e.ret <= 0 || static_cast<uint64_t>(e.ret) >= e.npages) return;
  f.task->short_pin = ShortPin{EventRef::of(e.h), e.pages, e.start, e.npages, static_cast<uint64_t>(e.ret)};
}

void Mirror::on(const ev_unpin& e, Facts& f) {
  enter(e.h, f, e.pages);
  Task& t = *f.task;
  if (!t.short_pin.at || t.short_pin.pages != e.pages) return;
  f.has_short_pin = true;
  f.short_pin = t.short_pin;
  t.short_pin = ShortPin{};
}

void Mirror::on(const ev_unpin_ret& e, Facts& f) { leave(e.h, f, e.pages); }

}  // namespace mirrorscope
