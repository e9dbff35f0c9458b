// SPDX-License-Identifier: Apache-2.0
// Which pins came back short and wait for their owner to go on or to give back (mm/gup.c).
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

// Whatever a task pins or unpins next is its answer: what it does after that is about something else.
void Mirror::answer_short_pin(Facts& f) {
  ShortPin& short_pin = f.task->short_pin;
  if (!short_pin.at) return;
  const auto& [pages, at] = last_pin_[KeyHash{}(short_pin.pages) % last_pin_.size()];
  f.has_short_pin = true;
  f.short_pin = short_pin;
  f.short_pin.array_reused = pages != short_pin.pages || at != short_pin.at;
  short_pin = ShortPin{};
}

void Mirror::on(const ev_pin& e, Facts& f) {
  Call& c = *enter(e.h, f, e.pages);
  c.start = e.start;
  c.value = e.npages;
  answer_short_pin(f);
}

void Mirror::on(const ev_pin_ret& e, Facts& f) {
  leave(e.h, f, e.pages);
  if (e.ret <= 0) return;
  last_pin_[KeyHash{}(e.pages) % last_pin_.size()] = {e.pages, EventRef::of(e.h)};
  // memfd_pin_folios() counts folios, which may be fewer than pages
  if (static_cast<uint64_t>(e.ret) >= e.npages || e.call == MS_pin_call_memfd_pin_folios) return;
  f.task->short_pin = ShortPin{EventRef::of(e.h), e.pages, e.start, e.npages, static_cast<uint64_t>(e.ret)};
}

void Mirror::on(const ev_unpin& e, Facts& f) {
  enter(e.h, f, e.pages);
  answer_short_pin(f);
}

void Mirror::on(const ev_unpin_ret& e, Facts& f) { leave(e.h, f, e.pages); }

}  // namespace mirrorscope
