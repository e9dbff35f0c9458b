// SPDX-License-Identifier: Apache-2.0
// Persistent sets over footprints, and the canonical form of a state.
#include "driver-model/explore/reduction.h"

#include <algorithm>
#include <cstring>

#include "driver-model/machine/footprint.h"

namespace mirrorscope::model {

u8 ready_threads(const Model& m, const State& s) {
  u8 mask = 0;
  for (unsigned t = 0; t < m.thread_count(); ++t)
    if (ready(m, s, t)) mask |= static_cast<u8>(1 << t);
  return mask;
}

u8 persistent_threads(const Model& m, const State& s, u8 ready) {
  if ((ready & (ready - 1)) == 0) return ready;
  Touch next[kThreads], later[kThreads];
  const unsigned n = m.thread_count();
  for (unsigned t = 0; t < n; ++t) {
    if (!s.thread[t].depth) continue;
    next[t] = touch_next(m, s, t);
    later[t] = touch_later(m, s, t);
  }
  u8 best = ready;
  for (unsigned seed = 0; seed < n; ++seed) {
    if (!(ready >> seed & 1)) continue;
    u8 in = static_cast<u8>(1 << seed);
    for (u8 todo = in; todo;) {
      const unsigned u = static_cast<unsigned>(__builtin_ctz(todo));
      todo &= static_cast<u8>(todo - 1);
      for (unsigned v = 0; v < n; ++v) {
        if (in >> v & 1 || !s.thread[v].depth || !next[u].conflicts(later[v])) continue;
        in |= static_cast<u8>(1 << v);
        todo |= static_cast<u8>(1 << v);
      }
    }
    in &= ready;
    if (__builtin_popcount(in) < __builtin_popcount(best)) best = in;
    if ((best & (best - 1)) == 0) break;
  }
  return best;
}

namespace {
// How far a sequence lies behind S, from 1 on; 0 stays "none". One that no sub holds and that S has left behind can never be valid
// again, whatever it is: a sub's sequence is only ever set to S, or to S - 1 by an insert.
struct Sequences {
  const Model& m;
  u8 seq;
  u8 held[kSubs];

  u8 relative(u8 x) const { return x ? static_cast<u8>(seq - x + 1) : u8{0}; }
  u8 token(u8 x) const {
    if (!x || m.compares_tokens) return relative(x);
    for (unsigned i = 0; i < m.subs.size(); ++i)
      if (held[i] == x) return relative(x);
    return static_cast<u8>(seq - x) >= 2 ? u8{0xff} : relative(x);
  }
};

bool waits_for_seq(Op op) { return op == Op::read_begin || op == Op::sub_remove; }

void make_canonical(const Model& m, State& s) {
  Sequences q{m, s.seq, {}};
  for (unsigned i = 0; i < m.subs.size(); ++i) q.held[i] = s.sub[i].m;
  for (unsigned i = 0; i < m.subs.size(); ++i) s.sub[i].m = q.relative(s.sub[i].m);
  for (u8 v = 0; v < kVars; ++v)
    if (m.tok_vars >> v & 1) s.var[v] = q.token(s.var[v]);
  const unsigned n = m.thread_count();
  for (unsigned t = 0; t < n; ++t) {
    Thread& th = s.thread[t];
    if (!th.depth) continue;
    u8 live = 0;
    for (u8 i = 0; i < th.depth; ++i) {
      Frame& f = th.frame[i];
      const CompiledProgram& p = m.programs[f.program];
      live |= p.live[f.pc];
      if (f.phase && waits_for_seq(p.code[f.pc].op)) f.aux = q.relative(f.aux);
    }
    if (!(live & live_ret)) th.ret = 0;
    th.tok[0] = live & live_tok0 ? q.token(th.tok[0]) : u8{0};
    th.tok[1] = live & live_tok1 ? q.token(th.tok[1]) : u8{0};
    if (!(live & live_pfn)) std::fill_n(th.pfn, kVas, Ref{});
    if (!(live & live_dst)) std::fill_n(th.dst, kVas, Ref{});
    for (u8 i = 0; i < th.ranges; ++i) th.range[i].seq = q.relative(th.range[i].seq);
  }
  s.seq &= 1;
  for (unsigned t = 0; t < n; ++t)
    for (unsigned u = t + 1; u < n; ++u)
      if (m.same_as[u] == m.same_as[t] && std::memcmp(&s.thread[u], &s.thread[t], sizeof(Thread)) < 0)
        std::swap(s.thread[t], s.thread[u]);
}

uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using u128 = unsigned __int128;
  const u128 p = static_cast<u128>(a) * b;
  return static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
}

uint64_t hash(const void* data, size_t bytes) {
  const char* p = static_cast<const char*>(data);
  uint64_t h = 0x9e3779b97f4a7c15u ^ bytes;
  uint64_t a, b;
  for (; bytes >= 16; bytes -= 16, p += 16) {
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + 8, 8);
    h = mix(a ^ 0xa0761d6478bd642fu ^ h, b ^ 0xe7037ed1a0b428dbu);
  }
  a = b = 0;
  std::memcpy(&a, p, std::min<size_t>(bytes, 8));
  if (bytes > 8) std::memcpy(&b, p + 8, bytes - 8);
  return mix(mix(a ^ h ^ 0x8ebc6af09c88c6e3u, b ^ 0x589965cc75374cc3u), 0x1d8e4e27c47d124fu);
}
}  // namespace

uint64_t fingerprint(const Model& m, const State& s, bool reduce) {
  if (!reduce) return hash(&s, m.state_bytes());
  State c;
  std::memcpy(static_cast<void*>(&c), &s, m.state_bytes());
  make_canonical(m, c);
  return hash(&c, m.state_bytes());
}

}  // namespace mirrorscope::model
