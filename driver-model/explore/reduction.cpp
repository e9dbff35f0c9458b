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
  void rename(State& s) {  // what is no thread's
    for (Pte& p : s.pte) p.ref = named(p.ref);
    named(s.child);
    for (auto& table : s.dev) named(table);
    for (auto& table : s.tlb) named(table);
    for (auto& array : s.shared) named(array);
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
  // Those that nothing has mentioned get theirs last, in their order.
  u8 name(unsigned frame) {
    if (frame >= kDevicePage) return static_cast<u8>(frame);
    u8 name = static_cast<u8>(names_ >> 8 * frame);
    if (!name) {
      names_ += 1ull << 8 * kDevicePage;
      name = static_cast<u8>(names_ >> 8 * kDevicePage);
      names_ |= static_cast<uint64_t>(name) << 8 * frame;
    }
    return static_cast<u8>(name - 1);
  }

  uint64_t names() const { return names_; }
  void take(uint64_t names) { names_ = names; }

 private:
  Ref named(Ref ref) {
    if (!ref.valid()) return ref;
    if (ref.stale()) return Ref{static_cast<u8>(ref.bits & ~Ref::kFrame)};
    return Ref{static_cast<u8>((ref.bits & ~Ref::kFrame) | name(static_cast<u8>(ref.frame())))};
  }
  void named(Ref (&refs)[kVas]) {
    uint32_t all;
    static_assert(sizeof refs == sizeof all);
    std::memcpy(&all, refs, sizeof all);
    if (!all) return;
    uint32_t renamed = 0;
    for (unsigned i = 0; i < kVas; ++i) renamed |= static_cast<uint32_t>(named(Ref{static_cast<u8>(all >> 8 * i)}).bits) << 8 * i;
    std::memcpy(static_cast<void*>(refs), &renamed, sizeof all);
  }

  // A byte per frame, its name and one or 0 = none yet; in the one behind, how many have one. Bytes in memory would be written one by one
  // and read as one, for which the processor waits.
  uint64_t names_ = 0;
  static_assert(kDevicePage < 8);
};

bool waits_for_seq(Op op) { return op == Op::read_begin || op == Op::sub_remove; }

void make_canonical(const Model& m, const Sequences& q, Thread& th) {
  if (!th.depth) return;
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

uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using u128 = unsigned __int128;
  const u128 p = static_cast<u128>(a) * b;
  return static_cast<uint64_t>(p) ^ static_cast<uint64_t>(p >> 64);
}

uint64_t word(const void* data, size_t i) {
  uint64_t w;
  std::memcpy(&w, static_cast<const char*>(data) + 8 * i, 8);
  return w;
}

// In two chains, so that the multiplications of one need not wait for those of the other.
template <size_t kBytes>
uint64_t hash(const void* data) {
  static_assert(kBytes % 16 == 0);
  uint64_t even = 0x8ebc6af09c88c6e3u, odd = 0x589965cc75374cc3u;
#pragma GCC unroll 8
  for (size_t i = 0; i < kBytes / 16; ++i) {
    uint64_t& h = i & 1 ? odd : even;
    h = mix(word(data, 2 * i) ^ 0xa0761d6478bd642fu ^ h, word(data, 2 * i + 1) ^ 0xe7037ed1a0b428dbu);
  }
  return mix(even ^ 0x1d8e4e27c47d124fu, odd);
}

bool same(const Thread& a, const Thread& b) {
  uint64_t differ = 0;
#pragma GCC unroll 10
  for (size_t i = 0; i < sizeof(Thread) / 8; ++i) differ |= word(&a, i) ^ word(&b, i);
  return !differ;
}

constexpr size_t kShared = offsetof(State, thread);
static_assert(kShared % 16 == 0);

// Of those that are identical it does not say which is which.
uint64_t hash(const Thread& th, unsigned number) { return mix(hash<sizeof(Thread)>(&th), 0x9e3779b97f4a7c15u * (2 * number + 1)); }

uint64_t plain(const Model& m, const State& s, const Before* before, Print* out) {
  uint64_t sum = hash<kShared>(&s);
  for (unsigned t = 0; t < m.thread_count(); ++t) {
    const uint64_t h = before && same(s.thread[t], before->s.thread[t]) ? before->print.thread[t] : hash(s.thread[t], t);
    if (out) out->thread[t] = h;
    sum += h;
  }
  return sum;
}

// A thread's canonical form follows from its bytes, from the sequences, and from the names that were given before its turn.
uint64_t canonical(const Model& m, const State& s, const Before* before, Print* out) {
  union Unset {  // what is copied over need not be zero before
    Unset() {}
    State s;
  } c;
  std::memcpy(static_cast<void*>(&c.s), &s, kShared);
  Sequences q{m, s.seq, {}};
  for (unsigned i = 0; i < m.subs.size(); ++i) q.held[i] = s.sub[i].m;
  for (unsigned i = 0; i < m.subs.size(); ++i) c.s.sub[i].m = q.relative(s.sub[i].m);
  if (m.tok_vars)
    for (u8 v = 0; v < kVars; ++v)
      if (m.tok_vars >> v & 1) c.s.var[v] = q.token(s.var[v]);
  c.s.seq &= 1;
  Frames frames;
  frames.rename(c.s);
  if (before && (s.seq != before->s.seq || std::memcmp(s.sub, before->s.sub, sizeof s.sub))) before = nullptr;
  Print print;
  const unsigned n = m.thread_count();
  u8 changed = 0;
  for (unsigned t = 0; t < n; ++t) {
    print.names[t] = frames.names();
    if (before && print.names[t] == before->print.names[t] && same(s.thread[t], before->s.thread[t])) {
      print.thread[t] = before->print.thread[t];
      frames.take(before->print.names[t + 1]);
      continue;
    }
    changed |= static_cast<u8>(1 << t);
    c.s.thread[t] = s.thread[t];
    make_canonical(m, q, c.s.thread[t]);
    frames.rename(c.s.thread[t]);
  }
  print.names[n] = frames.names();
  // frames in whatever order, each with its name
  uint64_t sum = 0;
  for (unsigned f = 0; f < kPages; ++f) {
    uint32_t page;
    static_assert(sizeof(Page) == sizeof page);
    std::memcpy(&page, &s.page[f], sizeof page);
    sum += mix(page ^ 0x2d358dccaa6c78a5u, 0x8bb84b93962eacc9u * (2u * frames.name(f) + 1));
  }
  std::memset(static_cast<void*>(c.s.page), 0, sizeof c.s.page);
  sum += hash<kShared>(&c.s);
  for (; changed; changed &= static_cast<u8>(changed - 1)) {
    const unsigned t = static_cast<unsigned>(__builtin_ctz(changed));
    print.thread[t] = hash(c.s.thread[t], m.same_as[t]);
  }
  for (unsigned t = 0; t < n; ++t) sum += print.thread[t];
  if (out) *out = print;
  return sum;
}
}  // namespace

uint64_t fingerprint(const Model& m, const State& s, bool reduce, const Before* before, Print* out) {
  return reduce ? canonical(m, s, before, out) : plain(m, s, before, out);
}

}  // namespace mirrorscope::model
