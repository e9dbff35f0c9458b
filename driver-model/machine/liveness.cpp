// SPDX-License-Identifier: Apache-2.0
// Backward over each program: live before = read, or live behind and not written. Called programs count as reading what they read.
#include "driver-model/machine/liveness.h"

namespace mirrorscope::model {

namespace {
struct Use {
  u8 reads = 0, writes = 0;
};
u8 tok(u8 place) { return place & 0x80 || place == invalid_tok ? u8{0} : place & 1 ? u8{live_tok1} : u8{live_tok0}; }
u8 array(u8 a) { return a & 0x10 ? u8{0} : a == own_dst ? u8{live_dst} : u8{live_pfn}; }

// What a record of the driver's tells of the thread's registers.
u8 said(const Instr& in) {
  const auto what = static_cast<Says>(in.a);
  if (what == Says::fault_done) return live_ret;
  if (what != Says::svm_range) return 0;
  return in.d >> 2 == MS_svm_verb_get_pages ? u8{live_ret | live_pfn} : u8{live_ret};
}

// An array is written whole only by what fills all pages of the frame; a partial write leaves it live.
Use use(const Instr& in) {
  switch (in.op) {
    case Op::if_ret: return {live_ret, 0};
    case Op::driver_record: return {said(in), 0};
    case Op::copy_tok: return {tok(in.a), tok(in.b)};
    case Op::if_tok_differs: return {static_cast<u8>(tok(in.a) | tok(in.b)), 0};
    case Op::copy_pfns: return {array(in.a), 0};
    case Op::if_no_pfns: case Op::if_mixed: return {array(in.a), 0};
    case Op::read_begin: case Op::peek_seq: return {0, tok(in.b)};
    case Op::if_retry: return {tok(in.b), 0};
    case Op::range_fault: return {tok(in.b), live_ret};
    case Op::pin: return {0, live_ret};
    case Op::unpin: return {array(in.c), 0};
    case Op::inv_start: case Op::classify_fault: case Op::install: case Op::cow_copy: return {0, live_ret};
    case Op::migrate_setup_done: return {static_cast<u8>(live_pfn | live_dst), live_ret};
    case Op::migrate_alloc: return {live_pfn, 0};
    case Op::migrate_copy: case Op::migrate_pages: case Op::migrate_finalize: return {static_cast<u8>(live_pfn | live_dst), 0};
    case Op::dev_map: return {static_cast<u8>(array(in.c) | tok(in.d)), 0};
    default: return {};
  }
}

u8 at_entry(const Model& m, u8 p) { return p == kNoProgram ? u8{0} : m.programs[p].live[0]; }

u8 callees(const Model& m, const Instr& in) {
  unsigned live = 0;
  switch (in.op) {
    case Op::call: live |= at_entry(m, in.target); break;
    case Op::inv_start: case Op::inv_end: case Op::release_all:
      for (const CompiledSub& s : m.subs) live |= at_entry(m, s.invalidate) | at_entry(m, s.finish);
      for (const CompiledList& l : m.lists) live |= at_entry(m, l.start) | at_entry(m, l.end) | at_entry(m, l.release);
      break;
    case Op::secondary_tlbs:
      for (const CompiledList& l : m.lists) live |= at_entry(m, l.secondary);
      break;
    case Op::mmput: live |= at_entry(m, m.exit_mmap); break;
    case Op::range_fault: case Op::pin: live |= at_entry(m, m.fault_program[0]) | at_entry(m, m.fault_program[1]); break;
    default: break;
  }
  return static_cast<u8>(live);
}
}  // namespace

void find_live(Model& m) {
  for (CompiledProgram& p : m.programs) p.live.assign(p.code.size(), 0);
  for (bool grew = true; grew;) {
    grew = false;
    for (CompiledProgram& p : m.programs)
      for (size_t pc = p.code.size(); pc-- > 0;) {
        const Instr& in = p.code[pc];
        const bool leaves = in.op == Op::end || in.op == Op::ret_true || in.op == Op::ret_false;
        u8 behind = 0;
        if (!leaves && in.op != Op::jump && pc + 1 < p.code.size()) behind |= p.live[pc + 1];
        if (!in.where.empty() && in.op != Op::call) behind |= p.live[in.target];
        const Use u = use(in);
        const u8 live = static_cast<u8>(p.live[pc] | u.reads | callees(m, in) | (behind & ~u.writes));
        grew |= live != p.live[pc];
        p.live[pc] = live;
      }
  }
}

}  // namespace mirrorscope::model
