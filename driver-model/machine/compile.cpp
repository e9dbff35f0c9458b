// SPDX-License-Identifier: Apache-2.0
// Parts -> Model.
#include "driver-model/machine/compile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "driver-model/machine/environment.h"
#include "driver-model/machine/footprint.h"
#include "driver-model/machine/liveness.h"
#include "driver-model/machine/step.h"

namespace mirrorscope::model {

namespace {
[[noreturn]] void broken(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "driver-model: %.*s '%.*s'\n", static_cast<int>(what.size()), what.data(), static_cast<int>(name.size()),
               name.data());
  std::abort();
}

u8 find(const Model& m, std::string_view name) {
  if (name.empty()) return kNoProgram;
  for (size_t i = 0; i < m.programs.size(); ++i)
    if (m.programs[i].name == name) return static_cast<u8>(i);
  if (name == "migrate_to_ram") return kNoProgram;  // drivers without device memory have none
  broken("no program", name);
}

void resolve(Model& m, CompiledProgram& p) {
  for (Instr& in : p.code) {
    if (in.where.empty()) continue;
    if (in.op == Op::call) {
      in.target = find(m, in.where);
      continue;
    }
    size_t at = 0;
    while (at < p.code.size() && !(p.code[at].op == Op::label && p.code[at].tag == in.where)) ++at;
    if (at == p.code.size()) broken("no label", in.where);
    in.target = static_cast<u8>(at);
  }
}

void note_tokens(Model& m, const Instr& in) {
  auto note = [&](u8 place) {
    if (place & 0x80) m.tok_vars |= 1u << (place & 0x7f);
  };
  switch (in.op) {
    case Op::read_begin: case Op::peek_seq: case Op::if_retry: case Op::range_fault: note(in.b); break;
    case Op::if_tok_differs: m.compares_tokens = true; [[fallthrough]];
    case Op::copy_tok: note(in.a); note(in.b); break;
    default: break;
  }
}

State first_state(const Model& m, const Parts& parts) {
  State s{};
  s.seq = 2;
  s.users = 1;
  for (u8 va = 0; va < parts.pages; ++va) {
    s.prot[va] = 3;
    if (!parts.populated) continue;
    s.page[va] = Page{1, 0, 0, Page::kDirty};
    s.pte[va] = Pte{Entry::present, Ref::of(va, true), parts.huge};
  }
  // The first insert of an mm keeps every invalidation out (mm_take_all_locks): it is over when the scenario begins.
  if (!parts.subs.empty()) s.flags |= State::kHasItree;
  for (size_t i = 0; i < parts.subs.size(); ++i)
    if (parts.subs[i].inserted) s.sub[i] = Sub{1, parts.subs[i].lo, parts.subs[i].hi, Sub::kInTree};
  for (size_t i = 0; i < parts.lists.size(); ++i)
    if (parts.lists[i].registered) s.listed |= static_cast<u8>(1 << i);
  for (const auto& [var, value] : parts.vars) s.var[var] = value;
  for (size_t t = 0; t < m.threads.size(); ++t) {
    const ThreadDef& def = m.threads[t];
    s.thread[t].depth = 1;
    s.thread[t].frame[0] = Frame{find(m, def.program), 0, 0, def.lo, def.hi, def.lo, 0, 0};
  }
  return s;
}
}  // namespace

Model compile(const Parts& parts) {
  Model m;
  for (const Program& p : parts.programs) m.programs.push_back({std::string(p.name), p.code, {}, {}, {}, {}, {}});
  for (const Program& p : environment())
    if (std::none_of(m.programs.begin(), m.programs.end(), [&](const CompiledProgram& c) { return c.name == p.name; }))
      m.programs.push_back({std::string(p.name), p.code, {}, {}, {}, {}, {}});
  for (CompiledProgram& p : m.programs) {
    if (p.code.empty() || p.code.size() > 250) broken("no code, or too much, in", p.name);
    resolve(m, p);
    for (const Instr& in : p.code) {
      note_tokens(m, in);
      if (in.op == Op::await_thread) m.awaited |= static_cast<u8>(1 << in.a);
    }
  }
  for (const SubDef& d : parts.subs) m.subs.push_back({find(m, d.invalidate), find(m, d.finish), d.lo, d.hi});
  for (const ListDef& d : parts.lists) m.lists.push_back({find(m, d.start), find(m, d.end), find(m, d.release), find(m, d.secondary)});
  m.threads = parts.threads;
  if (m.threads.size() > kThreads || m.subs.size() > kSubs || m.lists.size() > kLists) broken("too many of something in", "a scenario");
  for (size_t t = 0; t < m.threads.size(); ++t) {
    size_t same = 0;
    auto is = [&](const ThreadDef& o) {
      const ThreadDef& d = m.threads[t];
      return o.program == d.program && o.lo == d.lo && o.hi == d.hi && o.daemon == d.daemon;
    };
    while (!is(m.threads[same])) ++same;
    m.same_as.push_back(m.awaited ? static_cast<u8>(t) : static_cast<u8>(same));
  }
  m.fault_program[0] = find(m, "fault_read");
  m.fault_program[1] = find(m, "fault_write");
  m.exit_mmap = find(m, "exit_mmap");
  m.pins_may_go_stale = parts.pins_may_go_stale;
  m.tears_down = parts.tears_down;
  m.devices = parts.devices;
  for (u8 l = 0; l < kLocks; ++l)
    m.lock_kinds.push_back(parts.lock_kinds.count(l) ? parts.lock_kinds.at(l) : static_cast<u8>(l == 1 ? MS_lock_kind_user : MS_lock_kind_other));
  m.initial = first_state(m, parts);
  find_futures(m);
  find_live(m);
  return m;
}

Hits at_end(const Model& m, const State& s) {
  if (!ended(m, s)) return hit_deadlock;
  bool left = s.active || s.seq & 1;
  for (const LockState& l : s.lock) left |= l.writer || l.readers;
  for (unsigned t = 0; t < m.thread_count(); ++t) left |= s.thread[t].ranges != 0 || s.thread[t].folio != 0;
  for (const Page& p : s.page) left |= p.holds || p.flags & Page::kLocked || (m.tears_down && p.pins);
  for (const Pte& p : s.pte) left |= p.kind == Entry::migration;
  for (const Sub& sub : s.sub) left |= m.tears_down && sub.where;
  return left ? Hits{hit_leak} : 0;
}

}  // namespace mirrorscope::model
