// SPDX-License-Identifier: Apache-2.0
// How a thread goes on: one instruction that others can notice, and those behind it that nobody can.
#include "driver-model/machine/step.h"

#include "driver-model/machine/footprint.h"
#include "driver-model/machine/ops/run.h"
#include "driver-model/machine/waits.h"

namespace mirrorscope::model {

namespace {
using RunFn = Next (*)(Run&);
constexpr RunFn kRun[] = {
#define OP(name, ready, says) &run_##name,
#include "driver-model/machine/ops.def"
#undef OP
};

const Instr& instr_of(const Model& m, const Thread& th) {
  const Frame& f = th.frame[th.depth - 1];
  return m.programs[f.program].code[f.pc];
}

void run_one(const Model& m, State& s, unsigned t, unsigned choice, Outcome& out) {
  Thread& th = s.thread[t];
  Frame& f = th.frame[th.depth - 1];
  Run r{m, s, t, choice, out, instr_of(m, th), th, f};
  const Next next = kRun[static_cast<u8>(r.in.op)](r);
  if (next == Next::advance) {
    f.phase = 0;
    ++f.pc;
  }
}

// Nobody can tell when it happens, and it does happen.
bool unnoticed(const Model& m, const State& s, unsigned t) {
  const Thread& th = s.thread[t];
  return th.depth && touch_next(m, s, t).none() && instr_of(m, th).op != Op::maybe && ready(m, s, t);
}

void run_unnoticed(const Model& m, State& s, unsigned t, Outcome& out) {
  for (int n = 0; unnoticed(m, s, t); ++n) {
    if (n == 1000) {  // round and round without looking at anything
      out.hits |= hit_livelock;
      s.thread[t].depth = 0;
      return;
    }
    run_one(m, s, t, 0, out);
  }
}
}  // namespace

bool ready(const Model& m, const State& s, unsigned t) {
  const Thread& th = s.thread[t];
  return th.depth && can_go_on(m, s, t, instr_of(m, th));
}

unsigned choices(const Model& m, const State& s, unsigned t) { return instr_of(m, s.thread[t]).op == Op::maybe ? 2 : 1; }

void step(const Model& m, State& s, unsigned t, unsigned choice, Outcome& out) {
  run_one(m, s, t, choice, out);
  run_unnoticed(m, s, t, out);
}

void settle(const Model& m, State& s, Outcome& out) {
  for (unsigned t = 0; t < m.thread_count(); ++t) run_unnoticed(m, s, t, out);
}

bool ended(const Model& m, const State& s) {
  for (unsigned t = 0; t < m.thread_count(); ++t)
    if (s.thread[t].depth && !m.threads[t].daemon) return false;
  return true;
}

}  // namespace mirrorscope::model
