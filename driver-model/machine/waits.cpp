// SPDX-License-Identifier: Apache-2.0
// What each waiting instruction waits for.
#include "driver-model/machine/waits.h"

namespace mirrorscope::model {

namespace {
struct Wait {
  const Model& m;
  const State& s;
  unsigned t;
  const Instr& in;
  const Thread& th;
  const Frame& f;
  u8 lo() const { return in.at_cursor ? f.va : f.lo; }
  u8 hi() const { return in.at_cursor ? static_cast<u8>(f.va + 1) : f.hi; }
};

bool always(const Wait&) { return true; }
bool thread_ended(const Wait& w) { return w.s.thread[w.in.a].depth == 0; }
bool var_is(const Wait& w) { return w.s.var[w.in.a] == w.in.b; }
bool lock_free(const Wait& w) { return !w.s.lock[w.in.a].writer && !w.s.lock[w.in.a].readers; }
bool lock_unwritten(const Wait& w) { return !w.s.lock[w.in.a].writer; }
// wait_event(subscriptions->wq, invalidate_seq != seq): both read_begin and remove
bool remove_done(const Wait& w) { return w.f.phase == 0 || w.s.seq != w.f.aux; }
bool episode_over(const Wait& w) { return w.f.phase == 0 || w.s.seq != w.f.aux; }
// migration_entry_wait()
bool entry_settled(const Wait& w) { return w.s.pte[w.f.va].kind != Entry::migration; }
// hmm_vma_walk_pmd() and GUP at a migration entry; before and after a fault nothing is looked at
bool walk_can_go_on(const Wait& w) {
  const bool looks = w.in.op == Op::range_fault ? w.f.phase == 3 : w.f.phase != 0;
  return !looks || w.f.mask >= w.hi() || w.s.pte[w.f.mask].kind != Entry::migration;
}
bool flush_asked(const Wait& w) { return w.s.flush[w.in.a] != 0; }
bool flush_done(const Wait& w) {
  for (u8 va = w.lo(); va < w.hi(); ++va)
    if (w.s.flush[w.in.a] >> va & 1) return false;
  return true;
}
bool nothing_in_flight(const Wait& w) {
  for (unsigned t = 0; t < w.m.thread_count(); ++t) {
    const Thread& o = w.s.thread[t];
    if (o.dma_device != w.in.a) continue;
    for (u8 va = w.lo(); va < w.hi(); ++va)
      if (o.dma[va].valid()) return false;
  }
  return true;
}

constexpr bool (*kReady[])(const Wait&) = {
#define OP(name, ready, says) &ready,
#include "driver-model/machine/ops.def"
#undef OP
};
}  // namespace

bool can_go_on(const Model& m, const State& s, unsigned t, const Instr& in) {
  const Thread& th = s.thread[t];
  return kReady[static_cast<u8>(in.op)](Wait{m, s, t, in, th, th.frame[th.depth - 1]});
}

}  // namespace mirrorscope::model
