// SPDX-License-Identifier: Apache-2.0
// What one instruction gets to work with while it runs, and how it says where the thread goes on. Inside machine/ only.
#pragma once

#include "driver-model/machine/identity.h"
#include "driver-model/machine/step.h"

namespace mirrorscope::model {

enum class Next : u8 {
  advance,  // the next instruction
  stay,     // this one is not done: frame.phase says how far it is
  moved,    // the frames say where to go on: a jump, a call, a return
};

struct Run {
  const Model& model;
  State& s;
  unsigned t;
  unsigned choice;
  Outcome& out;
  const Instr& in;
  Thread& th;
  Frame& f;

  void hit(Hits h) { out.hits |= h; }
  // The pages it works on.
  u8 lo() const { return in.at_cursor ? f.va : f.lo; }
  u8 hi() const { return in.at_cursor ? static_cast<u8>(f.va + 1) : f.hi; }
  Next go(bool yes) {
    if (!yes) return Next::advance;
    f.pc = in.target;
    return Next::moved;
  }
  u8 sub() const { return in.a == self ? f.mask : in.a; }
};

// A call of program `p` on [lo, hi): the instruction is done and goes on behind itself, unless it says Next::stay's phase before.
inline Frame& push(Thread& th, u8 p, u8 lo, u8 hi) {
  Frame& f = th.frame[th.depth++];
  f = Frame{p, 0, 0, lo, hi, lo, 0, 0};
  return f;
}

// Why a callback's frame is there, in Frame::aux.
enum CallbackFor : u8 { for_none, for_invalidate, for_finish, for_list_start, for_list_end, for_list_release, kFinishLater = 0x10 };

// The innermost invalidation of the task.
inline Range& innermost(Thread& th) { return th.range[th.ranges - 1]; }
inline bool may_block(const Thread& th) { return !th.ranges || th.range[th.ranges - 1].flags & Range::kBlockable; }

// Sequences and pfn arrays, wherever they are.
u8& token(Run& r, u8 place);
Ref* pfns(Run& r, u8 array);

// locks.cpp: an instruction that may sleep, and so must not be where a range must not block
void sleeps(Run& r);

// Whose are the pages of [lo, hi)? As svm_range.device says it.
enum Kinds : u8 { pages_system, pages_device, pages_mixed };
inline Kinds kinds_of(const Ref* array, u8 lo, u8 hi) {
  bool device = false, system = false;
  for (u8 va = lo; va < hi; ++va)
    if (array[va].valid()) (array[va].frame() >= kDevicePage ? device : system) = true;
  return device ? system ? pages_mixed : pages_device : pages_system;
}

// pages.cpp: frames
u8 take_frame(State& s, bool device);                 // with one hold; there is always one, or it is our own bug
void drop_if_free(Run& r, unsigned frame);          // marks every Ref to it stale if nobody holds it any more
inline bool writable(const Pte& p) { return p.ref.write(); }

// notifier.cpp
void callback_returned(Run& r, const Frame& callback, bool done);
void itree_end(Run& r);

template <typename Ev, typename Fill>
inline void record(Run& r, uint16_t id, Fill fill) {
  if (!r.out.records) return;
  Ev& e = r.out.records->add<Ev>();
  e.h.id = id;
  e.h.cpu = static_cast<uint16_t>(r.t);
  e.h.mm = mm_ptr;
  e.h.tid = tid_of(r.t);
  e.h.tgid = tgid;
  fill(e);
}
#define RECORD(name, ...) record<ev_##name>(r, EV_##name, [&]([[maybe_unused]] ev_##name & e) __VA_ARGS__)

#define OP(name, ready, says) Next run_##name(Run& r);
#include "driver-model/machine/ops.def"
#undef OP

}  // namespace mirrorscope::model
