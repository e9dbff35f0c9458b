// SPDX-License-Identifier: Apache-2.0
// How a program goes on: jumps, calls, returns, the cursor.
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
// Leaves the innermost frame; `done` is what a callback says.
Next leave(Run& r, bool done) {
  const Frame left = r.f;
  r.f = Frame{};
  if (--r.th.depth == 0) {  // the thread has ended: what is left in its registers means nothing
    const u8 held = r.th.held, held_read = r.th.held_read;
    const Thread old = r.th;
    r.th = Thread{};
    r.th.held = held;
    r.th.held_read = held_read;
    r.th.ranges = old.ranges;
    r.th.folio = old.folio;
    return Next::moved;
  }
  if (left.aux & 0xf) callback_returned(r, left, done);
  return Next::moved;
}
}  // namespace

Next run_label(Run&) { return Next::advance; }
Next run_nop(Run&) { return Next::advance; }
Next run_jump(Run& r) { return r.go(true); }
Next run_maybe(Run& r) { return r.go(r.choice == 1); }
Next run_end(Run& r) { return leave(r, true); }
Next run_ret_true(Run& r) { return leave(r, true); }
Next run_ret_false(Run& r) { return leave(r, false); }
Next run_finish_later(Run& r) {
  r.f.aux |= kFinishLater;
  return Next::advance;
}
Next run_call(Run& r) {
  const u8 lo = r.lo(), hi = r.hi();
  r.f.phase = 0;
  ++r.f.pc;
  if (r.in.target != kNoProgram) push(r.th, r.in.target, lo, hi);
  return Next::moved;
}
Next run_if_ret(Run& r) { return r.go(r.in.b ? r.th.ret != 0 : r.th.ret == r.in.a); }
Next run_if_nonblock(Run& r) { return r.go(!may_block(r.th)); }
Next run_if_reason(Run& r) { return r.go(r.th.ranges && (innermost(r.th).reason == r.in.a) != (r.in.b == 1)); }
Next run_if_owner(Run& r) {
  return r.go(r.th.ranges && innermost(r.th).flags & (r.in.a == 1 ? Range::kOwner1 : Range::kOwner2));
}
Next run_first_page(Run& r) {
  r.f.va = r.f.lo;
  return Next::advance;
}
Next run_next_page(Run& r) { return r.go(++r.f.va < r.f.hi); }
Next run_narrow(Run& r) {
  switch (r.in.a) {
    case only_first: r.f.hi = static_cast<u8>(r.f.lo + 1); break;
    case not_last: --r.f.hi; break;
    default: ++r.f.lo; break;
  }
  r.f.va = r.f.lo;
  return Next::advance;
}
Next run_unless_meets(Run& r) { return r.go(r.f.lo >= r.in.b || r.in.a >= r.f.hi); }
Next run_clip(Run& r) {
  r.f.lo = r.f.lo > r.in.a ? r.f.lo : r.in.a;
  r.f.hi = r.f.hi < r.in.b ? r.f.hi : r.in.b;
  r.f.va = r.f.lo;
  return Next::advance;
}
Next run_widen(Run& r) {
  r.f.lo = static_cast<u8>(r.f.lo & ~1);
  r.f.hi = static_cast<u8>((r.f.hi + 1) & ~1);
  r.f.va = r.f.lo;
  return Next::advance;
}
Next run_count_to(Run& r) {
  if (++r.th.count < r.in.a) return r.go(true);
  r.th.count = 0;
  return Next::advance;
}
Next run_await_thread(Run&) { return Next::advance; }

}  // namespace mirrorscope::model
