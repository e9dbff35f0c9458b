// SPDX-License-Identifier: Apache-2.0
// Backward over each program: live before = read, or live behind and not written. Called programs count as reading what they read.
#include "driver-model/machine/liveness.h"

#include <algorithm>
#include <array>

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
    case Op::migrate_copy: case Op::migrate_bus: case Op::migrate_pages: case Op::migrate_finalize: return {static_cast<u8>(live_pfn | live_dst), 0};
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

// What the last kernel function returned, as far as if_ret() asks: what is live behind a lookup that failed is another thing than behind
// one that filled its array.
enum Returned : unsigned { success, busy, failed, kReturned };
using Lives = std::array<u8, kReturned>;

// Leaves `ret` as it is, and calls nobody.
bool keeps_ret(Op op) {
  switch (op) {
    case Op::label: case Op::nop: case Op::jump: case Op::lock: case Op::lock_read: case Op::unlock: case Op::driver_record:
    case Op::if_var: case Op::unless_var: case Op::if_ret: return true;
    default: return false;
  }
}

bool branches(const Instr& in, unsigned returned) {
  if (in.where.empty() || in.op == Op::call) return false;
  if (in.op != Op::if_ret) return true;
  if (in.b) return returned != success;
  return returned == success ? in.a == 0 : returned == busy ? in.a == EBUSY : in.a != 0 && in.a != EBUSY;
}
bool goes_on(const Instr& in, unsigned returned) {
  if (in.op == Op::end || in.op == Op::ret_true || in.op == Op::ret_false || in.op == Op::jump) return false;
  if (in.op != Op::if_ret) return true;
  if (in.b) return returned == success;
  return returned == success ? in.a != 0 : returned == busy ? in.a != EBUSY : true;
}

Lives behind(const CompiledProgram& p, const std::vector<Lives>& lives, size_t pc) {
  const Instr& in = p.code[pc];
  Lives l{};
  for (unsigned r = 0; r < kReturned; ++r) {
    if (goes_on(in, r) && pc + 1 < p.code.size()) l[r] |= lives[pc + 1][r];
    if (branches(in, r)) l[r] |= lives[in.target][r];
  }
  return l;
}

// hmm_range_fault() writes the whole array if it succeeds. What is read later is of the frame's range or of a part of it, unless that grows.
bool fills_array(const CompiledProgram& p, const Instr& in) {
  return in.op == Op::range_fault && !in.at_cursor && array(in.c) &&
         std::none_of(p.code.begin(), p.code.end(), [](const Instr& i) { return i.op == Op::widen; });
}

Lives before(const Model& m, const CompiledProgram& p, const Instr& in, Lives l) {
  if (fills_array(p, in)) l[success] &= static_cast<u8>(~array(in.c));
  if (!keeps_ret(in.op)) l[success] = l[busy] = l[failed] = static_cast<u8>(l[success] | l[busy] | l[failed]);
  const Use u = use(in);
  for (u8& x : l) x = static_cast<u8>(u.reads | callees(m, in) | (x & ~u.writes));
  return l;
}
}  // namespace

void find_live(Model& m) {
  std::vector<std::vector<Lives>> lives;
  for (CompiledProgram& p : m.programs) {
    p.live.assign(p.code.size(), 0);
    for (const Instr& in : p.code) p.fills.push_back(fills_array(p, in) ? array(in.c) : u8{0});
    lives.emplace_back(p.code.size());
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = 0; i < m.programs.size(); ++i) {
      CompiledProgram& p = m.programs[i];
      for (size_t pc = p.code.size(); pc-- > 0;) {
        Lives& l = lives[i][pc];
        const Lives old = l;
        const Lives now = before(m, p, p.code[pc], behind(p, lives[i], pc));
        for (unsigned r = 0; r < kReturned; ++r) p.live[pc] |= l[r] |= now[r];
        grew |= l != old;
      }
    }
  }
}

}  // namespace mirrorscope::model
