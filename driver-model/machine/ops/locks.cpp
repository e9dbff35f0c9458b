// SPDX-License-Identifier: Apache-2.0
// Locks: mutex and rwsem alike. Who holds which is noted in the thread, so that identical threads stay interchangeable.
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

void sleeps(Run& r) {
  if (may_block(r.th)) return;
  r.hit(hit_sleeps);
  RECORD(might_sleep, {});
}

namespace {
// The driver's own locks have rows, mmap_lock has none.
void record_lock(Run& r, bool exclusive) {
  if (r.in.a == mmap_lock) return;
  RECORD(lock, {
    e.ctx = device_ptr(0);
    e.lock = lock_ptr(r.in.a);
    e.kind = r.model.lock_kinds[r.in.a];
    e.exclusive = exclusive;
    e.driver = MS_driver_model;
  });
}
}  // namespace

Next run_lock(Run& r) {
  if (r.in.b == may_sleep) sleeps(r);
  r.s.lock[r.in.a].writer = 1;
  r.th.held |= static_cast<u8>(1 << r.in.a);
  record_lock(r, true);
  return Next::advance;
}
Next run_lock_read(Run& r) {
  sleeps(r);
  ++r.s.lock[r.in.a].readers;
  r.th.held_read |= static_cast<u8>(1 << r.in.a);
  record_lock(r, false);
  return Next::advance;
}
Next run_trylock(Run& r) {
  LockState& l = r.s.lock[r.in.a];
  if (l.writer || l.readers) return r.go(true);
  l.writer = 1;
  r.th.held |= static_cast<u8>(1 << r.in.a);
  record_lock(r, true);
  return Next::advance;
}
Next run_unlock(Run& r) {
  LockState& l = r.s.lock[r.in.a];
  const u8 bit = static_cast<u8>(1 << r.in.a);
  if (r.in.a != mmap_lock && (r.th.held | r.th.held_read) & bit)
    RECORD(unlock, {
      e.ctx = device_ptr(0);
      e.lock = lock_ptr(r.in.a);
      e.kind = r.model.lock_kinds[r.in.a];
      e.driver = MS_driver_model;
    });
  if (r.th.held & bit) {
    l.writer = 0;
    r.th.held &= static_cast<u8>(~bit);
  } else if (r.th.held_read & bit) {
    --l.readers;
    r.th.held_read &= static_cast<u8>(~bit);
  } else {
    r.hit(hit_misuse);
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
