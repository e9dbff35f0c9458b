// SPDX-License-Identifier: Apache-2.0
// The table of what touches what. Too much here costs states, too little makes the exploration miss executions.
#include "driver-model/machine/footprint.h"

namespace mirrorscope::model {

namespace {
// Objects, one bit each. Page table entries and the device's entries are one object per page of the address space.
constexpr unsigned kLock0 = 0, kNotifier = 6, kSub0 = 7, kPte0 = 10, kPages = 14, kDev0 = 15, kDma0 = 23, kFlush0 = 25, kVar0 = 27,
                   kArray0 = 39, kUsers = 41, kEnd0 = 42;
static_assert(kEnd0 + kThreads <= 64 && kLock0 + kLocks <= kNotifier && kSub0 + kSubs <= kPte0 && kPte0 + kVas <= kPages &&
              kDev0 + kDevices * kVas <= kDma0 && kVar0 + kVars <= kArray0);
constexpr uint64_t bit(unsigned n) { return 1ull << n; }
constexpr uint64_t kAllSubs = ((1ull << kSubs) - 1) << kSub0;
// Classes of Future::range
enum Class : u8 { pte, dev0, dev1 };
constexpr unsigned kClassAt[] = {kPte0, kDev0, kDev0 + kVas};

struct Need : Future {
  void r(uint64_t objects) { fixed.reads |= objects; }
  void w(uint64_t objects) { fixed.writes |= objects; }
  void pages_r(unsigned c) { range |= static_cast<u8>(1 << c); }
  void pages_w(unsigned c) { range |= static_cast<u8>(16 << c); }
  void tok(u8 place, bool write) {
    if (!(place & 0x80)) return;
    (write ? fixed.writes : fixed.reads) |= bit(kVar0 + (place & 0x7f));
  }
  void array(u8 a, bool write) {
    if (a & 0x10) (write ? fixed.writes : fixed.reads) |= bit(kArray0 + (a & 1));
  }
};

// `phase` 0xff: any. `sub`: what `self` stands for, or all.
Need need(const Model& m, const Instr& in, u8 phase, const Frame* f) {
  Need n;
  const u8 d = in.a & 0xf;
  const bool any = phase == 0xff;
  auto sub_bits = [&](u8 sub) {
    if (sub == no_sub) return uint64_t{0};
    if (sub == self) return f ? bit(kSub0 + f->mask) : kAllSubs;
    return bit(kSub0 + sub);
  };
  switch (in.op) {
    case Op::await_thread: n.r(bit(kEnd0 + in.a)); break;
    case Op::set_var: case Op::add_var: n.w(bit(kVar0 + in.a)); break;
    case Op::if_var: case Op::unless_var: case Op::await_var: n.r(bit(kVar0 + in.a)); break;
    // a rule asks whether work was armed before or behind an invalidation, even if the driver does not
    case Op::driver_record:
      if (static_cast<Says>(in.a) == Says::job_begin) n.r(sub_bits(in.b));
      if (static_cast<Says>(in.a) == Says::pin_account) n.r(bit(kVar0 + in.b));
      break;
    case Op::copy_tok: n.tok(in.a, false); n.tok(in.b, true); break;
    case Op::if_tok_differs: n.tok(in.a, false); n.tok(in.b, false); break;
    case Op::copy_pfns: n.array(in.a, false); n.array(in.b, true); break;
    case Op::clear_pfns: n.array(in.a, true); break;
    case Op::if_no_pfns: case Op::if_mixed: n.array(in.a, false); break;
    case Op::lock_read: n.r(bit(kLock0 + in.a)); break;  // two readers do not disturb each other
    case Op::unlock: n.w(bit(kLock0 + in.a)); break;
    case Op::lock: case Op::trylock: n.w(bit(kLock0 + in.a)); break;
    case Op::inv_start:
      if (any || phase == 0) n.w(bit(kNotifier));
      if (!any && phase > 0) {
        if (f->aux & 0x80) n.w(bit(kNotifier));
        else if (!m.lists.empty() && phase <= 2) n.r(bit(kNotifier));
      }
      break;
    case Op::inv_end:
      if (any || phase == 0) n.w(bit(kNotifier));
      break;
    case Op::release_all:
      if (any || phase == 0 || phase == 2 || phase == 1) n.w(bit(kNotifier));
      break;
    case Op::secondary_tlbs:
      for (const CompiledList& l : m.lists)
        if (l.secondary != kNoProgram && (any || phase == 0)) n.r(bit(kNotifier));
      break;
    case Op::sub_insert: case Op::sub_remove: n.w(bit(kNotifier) | bit(kSub0 + in.a)); break;
    case Op::peek_seq: n.r(sub_bits(in.a)); n.tok(in.b, true); break;
    case Op::read_begin: n.r(bit(kNotifier) | sub_bits(in.a)); n.tok(in.b, true); break;
    case Op::if_retry: n.r(sub_bits(in.a)); n.tok(in.b, false); break;
    case Op::set_seq: n.w(sub_bits(in.a)); break;
    case Op::mn_register: case Op::mn_unregister: n.w(bit(kNotifier)); break;
    case Op::vma_map: case Op::vma_unmap: case Op::vma_protect: n.pages_w(pte); break;
    case Op::zap: case Op::fork_copy: case Op::install: case Op::cow_copy: case Op::child_exit:
    case Op::folio_lock: case Op::folio_unlock: case Op::unmap_to_swap: case Op::unmap_to_migration: case Op::move_folio:
    case Op::writeback_clean:
      n.pages_w(pte); n.w(bit(kPages)); break;
    case Op::free_pages: n.w(bit(kPages)); break;
    case Op::wrprotect: case Op::split_huge: n.pages_w(pte); break;
    case Op::move_entries: n.w(0xfull << kPte0); break;
    case Op::classify_fault: n.pages_w(pte); n.w(bit(kPages)); break;
    case Op::mm_drop:
      n.r(bit(kNotifier) | kAllSubs);
      if (in.a < kVars) n.r(bit(kVar0 + in.a));
      break;
    case Op::mmget: case Op::mm_exit: n.w(bit(kUsers)); break;
    case Op::mmput: n.w(bit(kUsers)); break;
    case Op::range_fault:
      if (any || phase == 1 || phase == 2) n.r(sub_bits(in.a)), n.tok(in.b, false);
      if (any || phase == 3) n.array(in.c, true), n.pages_r(pte);
      break;
    case Op::pin:
      if (!any && phase == 0) break;
      n.array(in.c, true); n.pages_r(pte); n.w(bit(kPages));
      break;
    case Op::buf_map: n.array(in.c, true); n.pages_r(pte); break;
    case Op::unpin: n.array(in.c, true); n.w(bit(kPages)); break;
    case Op::migrate_collect: case Op::migrate_setup_done: case Op::migrate_pages: case Op::migrate_finalize:
      n.pages_w(pte); n.w(bit(kPages)); break;
    case Op::migrate_alloc: case Op::migrate_copy: n.w(bit(kPages)); break;
    case Op::dev_map: n.pages_w(dev0 + d); n.r(sub_bits(in.b)); n.array(in.c, false); break;
    case Op::dev_unmap: case Op::dev_zap: case Op::dev_downgrade: n.pages_w(dev0 + d); break;
    case Op::flush_submit: case Op::flush_wait: n.w(bit(kFlush0 + d)); break;
    case Op::flush_execute: n.w(bit(kFlush0 + d) | (0xfull << (kDev0 + kVas * d))); break;
    case Op::translate: n.pages_r(pte); n.pages_w(dev0 + d); break;
    case Op::if_mapped: n.pages_r(dev0 + d); break;
    case Op::dma_begin:
      in.c ? n.pages_w(dev0 + d) : n.pages_r(dev0 + d);
      n.w(bit(kDma0 + d));
      break;
    case Op::dma_access:
      n.pages_r(pte);
      in.b ? n.w(bit(kPages)) : n.r(bit(kPages));
      break;
    case Op::dma_end: n.w(bit(kDma0) | bit(kDma0 + 1)); break;
    case Op::drain: n.r(bit(kDma0 + d)); break;
    case Op::mark_dirty: n.pages_r(dev0 + d); n.w(bit(kPages)); break;
    default: break;
  }
  return n;
}

Touch on_pages(const Future& n, u8 lo, u8 hi) {
  Touch t = n.fixed;
  if (!n.range) return t;
  const uint64_t pages = ((1ull << hi) - 1) & ~((1ull << lo) - 1);
  for (unsigned c = 0; c < 3; ++c) {
    if (n.range >> c & 1) t.reads |= pages << kClassAt[c];
    if (n.range >> c & 16) t.writes |= pages << kClassAt[c];
  }
  return t;
}

bool add(Future& to, const Future& from) {
  const Future was = to;
  to.fixed |= from.fixed;
  to.range |= from.range;
  return was.fixed.reads != to.fixed.reads || was.fixed.writes != to.fixed.writes || was.range != to.range;
}
// Of a program that works on other pages than its caller.
Future anywhere(const Future& f) {
  Future g;
  g.fixed = on_pages(f, 0, kVas);
  return g;
}

// What an instruction can call, besides what it does itself.
Future callees(const Model& m, const Instr& in) {
  Future all;
  auto entry = [&](u8 p, bool elsewhere = false) {
    if (p != kNoProgram) add(all, elsewhere ? anywhere(m.programs[p].future[0]) : m.programs[p].future[0]);
  };
  switch (in.op) {
    case Op::call: entry(in.target); break;
    case Op::inv_start: case Op::release_all:
      for (const CompiledSub& s : m.subs) entry(s.invalidate), entry(s.finish);
      for (const CompiledList& l : m.lists) entry(l.start), entry(l.end), entry(l.release);
      break;
    case Op::secondary_tlbs:
      for (const CompiledList& l : m.lists) entry(l.secondary);
      break;
    case Op::inv_end:
      for (const CompiledList& l : m.lists) entry(l.end);
      break;
    case Op::mmput: entry(m.exit_mmap, true); break;
    case Op::range_fault: case Op::pin: entry(m.fault_program[0]), entry(m.fault_program[1]); break;
    default: break;
  }
  return all;
}

// What an instruction touches can follow from three things in its frame: the phase, the sub of `self`, a bit of aux. Most follow from none.
void find_next(const Model& m, CompiledProgram& p) {
  p.next.clear();
  p.varies.clear();
  for (const Instr& in : p.code) {
    const Frame at_first{};
    const Future first = need(m, in, 0, &at_first);
    bool varies = false;
    for (u8 phase = 0; phase < 8; ++phase)
      for (u8 mask = 0; mask < kSubs; ++mask)
        for (u8 aux : {u8{0}, u8{0x80}}) {
          Frame f{};
          f.phase = phase, f.mask = mask, f.aux = aux;
          const Future other = need(m, in, phase, &f);
          varies |= other.fixed.reads != first.fixed.reads || other.fixed.writes != first.fixed.writes || other.range != first.range;
        }
    p.next.push_back(first);
    p.varies.push_back(varies);
  }
}
}  // namespace

void find_futures(Model& m) {
  for (CompiledProgram& p : m.programs) find_next(m, p);
  for (CompiledProgram& p : m.programs) p.future.assign(p.code.size(), Future{});
  for (bool grew = true; grew;) {
    grew = false;
    for (CompiledProgram& p : m.programs) {
      bool widens = false;
      for (const Instr& in : p.code) widens |= in.op == Op::widen;
      for (size_t pc = p.code.size(); pc-- > 0;) {
        const Instr& in = p.code[pc];
        Future f = need(m, in, 0xff, nullptr);
        add(f, callees(m, in));
        if (widens) f = anywhere(f);
        const bool leaves = in.op == Op::end || in.op == Op::ret_true || in.op == Op::ret_false;
        if (!leaves && in.op != Op::jump && pc + 1 < p.code.size()) add(f, p.future[pc + 1]);
        if (!in.where.empty() && in.op != Op::call) add(f, p.future[in.target]);
        grew |= add(p.future[pc], f);
      }
    }
  }
}

Touch touch_next(const Model& m, const State& s, unsigned t) {
  const Thread& th = s.thread[t];
  const Frame& f = th.frame[th.depth - 1];
  const CompiledProgram& p = m.programs[f.program];
  const Instr& in = p.code[f.pc];
  const Future n = p.varies[f.pc] ? need(m, in, f.phase, &f) : p.next[f.pc];
  // the walks of hmm and gup are at one page
  const bool walk = (in.op == Op::range_fault || in.op == Op::pin) && f.phase;
  const u8 lo = walk ? f.mask : in.at_cursor ? f.va : f.lo;
  const u8 hi = walk || in.at_cursor ? static_cast<u8>(lo + 1) : f.hi;
  Touch touch = on_pages(n, lo, hi);
  const bool ends = th.depth == 1 && (in.op == Op::end || in.op == Op::ret_true || in.op == Op::ret_false);
  if (ends && m.awaited >> t & 1) touch.writes |= bit(kEnd0 + t);
  return touch;
}

Touch touch_later(const Model& m, const State& s, unsigned t) {
  const Thread& th = s.thread[t];
  Touch all;
  for (u8 i = 0; i < th.depth; ++i) {
    const Frame& f = th.frame[i];
    all |= on_pages(m.programs[f.program].future[f.pc], f.lo, f.hi);
  }
  if (th.depth && m.awaited >> t & 1) all.writes |= bit(kEnd0 + t);
  return all;
}

}  // namespace mirrorscope::model
