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

namespace {
unsigned how_many(u8 threads) {  // popcount is a call where the processor is any x86-64
  unsigned n = 0;
  for (; threads; threads &= static_cast<u8>(threads - 1)) ++n;
  return n;
}
}  // namespace

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
    if (how_many(in) < how_many(best)) best = in;
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

// Page frames by other names: 0, 1, 2... in the order in which a state mentions them, but for those of devices, of which each has its own.
// A Ref to a frame that was freed since says only that: nothing looks at which one it was.
class Frames {
 public:
  explicit Frames(State& s) : s_(s) {}

  void rename() {
    for (Pte& p : s_.pte) p.ref = named(p.ref);
    named(s_.child);
    for (auto& table : s_.dev) named(table);
    for (auto& table : s_.tlb) named(table);
    for (auto& array : s_.shared) named(array);
  }
  void rename(Thread& th) {
    named(th.pfn);
    named(th.dst);
    named(th.dma);
    if (th.folio) th.folio = static_cast<u8>((th.folio & ~Ref::kFrame) | name(th.folio & Ref::kFrame));
    u8 gather = 0;
    for (; th.gather; th.gather &= static_cast<u8>(th.gather - 1)) gather |= static_cast<u8>(1 << name(static_cast<u8>(__builtin_ctz(th.gather))));
    th.gather = gather;
  }
  // The frames themselves, last. Those that nothing mentions keep their order behind the others.
  void move() {
    Page renamed[kDevicePage];
    for (u8 f = 0; f < kDevicePage; ++f) renamed[name(f)] = s_.page[f];
    std::memcpy(s_.page, renamed, sizeof renamed);
  }

 private:
  u8 name(u8 frame) {
    if (frame >= kDevicePage) return frame;
    if (!names_[frame]) names_[frame] = ++used_;
    return static_cast<u8>(names_[frame] - 1);
  }
  Ref named(Ref ref) {
    if (!ref.valid()) return ref;
    if (ref.stale()) return Ref{static_cast<u8>(ref.bits & ~Ref::kFrame)};
    return Ref{static_cast<u8>((ref.bits & ~Ref::kFrame) | name(static_cast<u8>(ref.frame())))};
  }
  void named(Ref (&refs)[kVas]) {
    uint32_t any;
    static_assert(sizeof refs == sizeof any);
    std::memcpy(&any, refs, sizeof any);
    if (any)
      for (Ref& ref : refs) ref = named(ref);
  }

  State& s_;
  u8 names_[kDevicePage] = {};  // and one, 0 = none yet
  u8 used_ = 0;
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
    u8 live = 0, filling = 0, filled = 0;
    for (u8 i = 0; i < th.depth; ++i) {
      Frame& f = th.frame[i];
      const CompiledProgram& p = m.programs[f.program];
      live |= p.live[f.pc];
      if (f.phase && waits_for_seq(p.code[f.pc].op)) f.aux = q.relative(f.aux);
      if (f.phase && p.fills[f.pc]) filling = p.fills[f.pc], filled = f.mask;
    }
    if (!(live & live_ret)) th.ret = 0;
    th.tok[0] = live & live_tok0 ? q.token(th.tok[0]) : u8{0};
    th.tok[1] = live & live_tok1 ? q.token(th.tok[1]) : u8{0};
    // of an array that is being filled, what is filled is live, and the rest not even then
    auto forget = [&](u8 array, Ref* refs) {
      if (!(live & array)) std::fill(refs + (filling == array ? filled : 0), refs + kVas, Ref{});
    };
    forget(live_pfn, th.pfn);
    forget(live_dst, th.dst);
    for (u8 i = 0; i < th.ranges; ++i) th.range[i].seq = q.relative(th.range[i].seq);
  }
  s.seq &= 1;
  Frames frames(s);
  frames.rename();
  for (unsigned t = 0; t < n; ++t) frames.rename(s.thread[t]);
  frames.move();
}

uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using u128 = unsigned __int128;
  const u128 p = static_cast<u128>(a) * b;
  return static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
}

// In two chains, so that the multiplications of one need not wait for those of the other.
template <size_t kBytes>
uint64_t hash(const void* data) {
  static_assert(kBytes % 16 == 0);
  uint64_t w[kBytes / 8], h[2] = {0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u};
  std::memcpy(w, data, kBytes);
  for (size_t i = 0; i < kBytes / 16; ++i) h[i & 1] = mix(w[2 * i] ^ 0xa0761d6478bd642fu ^ h[i & 1], w[2 * i + 1] ^ 0xe7037ed1a0b428dbu);
  return mix(h[0] ^ 0x1d8e4e27c47d124fu, h[1]);
}

// A sum over the threads: of those that are identical it does not say which is which.
uint64_t hash(const State& s, const Model& m, bool identical) {
  constexpr size_t kShared = offsetof(State, thread);
  static_assert(kShared % 16 == 0);
  uint64_t sum = hash<kShared>(&s);
  for (unsigned t = 0; t < m.thread_count(); ++t)
    sum += mix(hash<sizeof(Thread)>(&s.thread[t]), 0x9e3779b97f4a7c15u * (2 * (identical ? m.same_as[t] : t) + 1));
  return sum;
}
}  // namespace

uint64_t fingerprint(const Model& m, const State& s, bool reduce) {
  if (!reduce) return hash(s, m, false);
  union Unset {  // what is copied over need not be zero before
    Unset() {}
    State s;
  } c;
  std::memcpy(static_cast<void*>(&c.s), &s, m.state_bytes());
  make_canonical(m, c.s);
  return hash(c.s, m, true);
}

}  // namespace mirrorscope::model
