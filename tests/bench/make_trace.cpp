// SPDX-License-Identifier: Apache-2.0
// A long trace of a correct kernel, made on the spot: make_trace DIR RECORDS [MMS] [CPUS] [SUBS] [SEED] [CALLBACK_NS] [MET].
//
// The mix is that of an ODP churn: starts with callbacks, read sides with a fault, now and then a sub that comes and goes. What is
// live stays the same however long the trace is. Without SEED all records are 120 ns apart; with it times are random: a callback takes CALLBACK_NS in the
// median, and MET per cent of the invalidations meet a notifier, as they do the less the narrower notifiers are.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "schema/events.h"
#include "trace/writing/writer.h"

using namespace mirrorscope;

namespace {
struct Space {
  uint64_t mm;
  uint64_t seq = 2;
  std::vector<uint64_t> sub_seq;
};

struct Load {
  uint32_t seed = 0;           // 0: no time is random
  double callback_ns = 2000;   // median
  uint32_t met = 100;          // per cent of invalidations
};

class Maker {
 public:
  Maker(trace::Writer writer, uint32_t mms, uint32_t cpus, uint32_t subs, const Load& load)
      : writer_(std::move(writer)), next_seq_(cpus), buffers_(cpus), random_(load.seed ? load.seed : 1), load_(load), subs_(subs), cpus_(cpus) {
    for (uint32_t i = 0; i < mms; ++i) spaces_.push_back({0xffff888000000000ull + i * 0x4000ull, 2, {}});
  }

  uint64_t made() const { return made_; }

  void begin() {
    for (Space& s : spaces_)
      for (uint32_t i = 0; i < subs_; ++i) {
        s.sub_seq.push_back(0);
        insert(s, i, 0, 1);
      }
  }

  void step() {
    if (load_.seed) time_ += static_cast<uint64_t>(std::exponential_distribution(1 / kPause)(random_));
    Space& s = spaces_[random_() % spaces_.size()];
    const auto cpu = static_cast<uint16_t>(random_() % cpus_);
    // one task per (mm, CPU), as threads of a process
    const auto tid = static_cast<uint32_t>(1000 + (&s - spaces_.data()) * cpus_ + cpu);
    const auto sub = static_cast<uint32_t>(random_() % subs_);
    if (random_() % 64 == 0) {
      remove(s, sub, cpu, tid);
      insert(s, sub, cpu, tid);
    }
    if (random_() % 2)
      read(s, sub, cpu, tid);
    else
      invalidate(s, sub, cpu, tid);
  }

  Result<void> end() {
    for (uint16_t c = 0; c < cpus_; ++c)
      if (auto done = flush(c); !done) return done;
    ev_stopped stopped{};
    stopped.h.id = EV_stopped;
    stopped.h.cpu = trace::about_stream;
    stopped.h.time = time_;
    stopped.sent = stopped.delivered = made_;
    if (auto done = writer_.append(trace::about_stream, &stopped.h, sizeof(stopped)); !done) return done;
    return writer_.close();
  }

  Result<void> flush_full() {
    for (uint16_t c = 0; c < cpus_; ++c)
      if (buffers_[c].size() > 128 * 1024)
        if (auto done = flush(c); !done) return done;
    return {};
  }

 private:
  static uint64_t sub_ptr(const Space& s, uint32_t i) { return s.mm + 0x1000 + i * 0x40ull; }
  static uint64_t start_of(uint32_t i) { return 0x7f0000000000ull + i * 0x100000ull; }
  static uint64_t last_of(uint32_t i) { return start_of(i) + 0xfffff; }
  static constexpr uint64_t kElsewhere = 0x100000000000ull;  // where no sub is
  static constexpr uint64_t kFn = 0xffffffffc0a01000ull;

  static constexpr double kPause = 20'000;  // ns between two steps, mean

  uint64_t apart(uint16_t id) {
    if (!load_.seed) return 120;
    if (id == EV_cb_ret) return static_cast<uint64_t>(std::lognormal_distribution(std::log(load_.callback_ns), 0.3)(random_));
    return static_cast<uint64_t>(std::lognormal_distribution(std::log(120.0), 0.3)(random_));
  }

  template <typename Ev>
  void put(Ev& e, uint16_t id, const Space& s, uint16_t cpu, uint32_t tid) {
    e.h = {time_ += apart(id), id, cpu, next_seq_[cpu]++, s.mm, tid, tid};
    const auto* bytes = reinterpret_cast<const std::byte*>(&e);
    buffers_[cpu].insert(buffers_[cpu].end(), bytes, bytes + sizeof(e));
    ++made_;
  }

  void insert(Space& s, uint32_t i, uint16_t cpu, uint32_t tid) {
    ev_sub_insert e{};
    e.sub = sub_ptr(s, i);
    e.start = start_of(i);
    e.length = last_of(i) - start_of(i) + 1;
    e.mm_users = 2;
    put(e, EV_sub_insert, s, cpu, tid);
    ev_sub_insert_ret r{};
    r.sub = e.sub;
    r.start = e.start;
    r.last = last_of(i);
    r.invalidate = kFn;
    r.seq = s.seq;
    r.sub_seq = s.sub_seq[i] = s.seq - 1;
    put(r, EV_sub_insert_ret, s, cpu, tid);
  }

  void remove(Space& s, uint32_t i, uint16_t cpu, uint32_t tid) {
    ev_sub_remove e{};
    e.sub = sub_ptr(s, i);
    e.start = start_of(i);
    e.last = last_of(i);
    put(e, EV_sub_remove, s, cpu, tid);
    ev_sub_remove_ret r{};
    r.sub = e.sub;
    put(r, EV_sub_remove_ret, s, cpu, tid);
  }

  void read(Space& s, uint32_t i, uint16_t cpu, uint32_t tid) {
    ev_read_begin b{};
    b.sub = sub_ptr(s, i);
    b.sub_seq = s.sub_seq[i];
    b.seq = s.seq;
    put(b, EV_read_begin, s, cpu, tid);
    ev_read_begin_ret br{};
    br.sub = b.sub;
    br.ret = br.sub_seq = s.sub_seq[i];
    br.seq = s.seq;
    put(br, EV_read_begin_ret, s, cpu, tid);
    ev_range_fault f{};
    f.hmm_range = 0xffffc90000100000ull + cpu * 0x4000ull;
    f.sub = b.sub;
    f.start = start_of(i) + random_() % 128 * 4096;
    f.end = f.start + 4096;
    f.sub_start = start_of(i);
    f.sub_last = last_of(i);
    f.notifier_seq = f.sub_seq = br.ret;
    f.pfns = s.mm + 0x2000 + tid * 0x1000ull;
    f.default_flags = 1ull << 63;
    f.mmap_lock = 0x100;
    f.mm_users = 2;
    put(f, EV_range_fault, s, cpu, tid);
    ev_range_fault_ret fr{};
    fr.hmm_range = f.hmm_range;
    fr.sub = f.sub;
    fr.start = f.start;
    fr.end = f.end;
    fr.notifier_seq = fr.sub_seq = br.ret;
    fr.pfns = f.pfns;
    fr.default_flags = f.default_flags;
    fr.sampled = fr.valid = 1;
    put(fr, EV_range_fault_ret, s, cpu, tid);
  }

  void call_back(Space& s, uint32_t i, uint16_t cpu, uint32_t tid, const ev_inv_start& e, uint64_t seq) {
    ev_cb_enter c{};
    c.sub = sub_ptr(s, i);
    c.range = e.range;
    c.fn = kFn;
    c.start = e.start;
    c.end = e.end;
    c.sub_start = start_of(i);
    c.sub_last = last_of(i);
    c.cur_seq = c.seq = seq;
    c.sub_seq = s.sub_seq[i];
    c.active = 1;
    c.reason = e.reason;
    c.flags = 1;
    put(c, EV_cb_enter, s, cpu, tid);
    ev_cb_ret cr{};
    cr.sub = c.sub;
    cr.range = e.range;
    cr.fn = kFn;
    cr.start = e.start;
    cr.end = e.end;
    cr.cur_seq = cr.seq = cr.sub_seq = s.sub_seq[i] = seq;
    cr.active = 1;
    cr.reason = e.reason;
    cr.flags = 1;
    cr.ret = 1;
    put(cr, EV_cb_ret, s, cpu, tid);
  }

  void invalidate(Space& s, uint32_t i, uint16_t cpu, uint32_t tid) {
    ev_inv_start e{};
    e.range = 0xffffc90000200000ull + cpu * 0x4000ull;
    e.start = start_of(i) + random_() % 128 * 4096;
    e.end = e.start + 4096 * 8;
    e.seq = s.seq;
    e.reason = static_cast<uint32_t>(random_() % 3);
    e.flags = 1;
    e.has_itree = 1;
    e.stack = -1;
    const bool met = load_.met == 100 || random_() % 100 < load_.met;
    if (!met) {
      e.start += kElsewhere;
      e.end += kElsewhere;
    }
    put(e, EV_inv_start, s, cpu, tid);
    // mm/mmu_notifier.c, mn_itree_inv_start_range(): it is odd only if there is a sub in the range
    const uint64_t seq = met ? s.seq | 1 : s.seq;
    if (met)
      call_back(s, i, cpu, tid, e, seq);
    else
      time_ += apart(EV_inv_start_ret);
    ev_inv_start_ret r{};
    r.range = e.range;
    r.start = e.start;
    r.end = e.end;
    r.seq = seq;
    r.active = 1;
    r.reason = e.reason;
    r.flags = 1;
    r.has_itree = 1;
    put(r, EV_inv_start_ret, s, cpu, tid);
    ev_inv_end n{};
    n.range = e.range;
    n.start = e.start;
    n.end = e.end;
    n.reason = e.reason;
    n.flags = 1;
    put(n, EV_inv_end, s, cpu, tid);
    ev_itree_end t{};
    t.subs = s.mm + 0x800;
    t.seq = seq;
    t.active = 1;
    put(t, EV_itree_end, s, cpu, tid);
    s.seq = met ? seq + 1 : seq;
    ev_itree_end_ret tr{};
    tr.subs = t.subs;
    tr.seq = s.seq;
    put(tr, EV_itree_end_ret, s, cpu, tid);
    ev_inv_end_ret nr{};
    nr.range = e.range;
    nr.start = e.start;
    nr.end = e.end;
    nr.seq = s.seq;
    put(nr, EV_inv_end_ret, s, cpu, tid);
  }

  Result<void> flush(uint16_t cpu) {
    auto& b = buffers_[cpu];
    if (b.empty()) return {};
    auto done = writer_.append(cpu, reinterpret_cast<const ev_header*>(b.data()), b.size());
    b.clear();
    return done;
  }

  trace::Writer writer_;
  std::vector<Space> spaces_;
  std::vector<uint32_t> next_seq_;
  std::vector<std::vector<std::byte>> buffers_;
  std::mt19937 random_;
  Load load_;
  uint64_t time_ = 1'000'000'000;
  uint64_t made_ = 0;
  uint32_t subs_;
  uint32_t cpus_;
};
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_trace DIR RECORDS [MMS=16] [CPUS=2] [SUBS=8] [SEED=0] [CALLBACK_NS=2000] [MET=100]\n");
    return 2;
  }
  auto number = [&](int i, uint64_t otherwise) { return argc > i ? std::strtoull(argv[i], nullptr, 0) : otherwise; };
  auto provenance = trace::provenance_here();
  if (!provenance) return std::fprintf(stderr, "make_trace: %s\n", provenance.error().message.c_str()), 2;
  provenance->origin = trace::Origin::written;  // it has no account of itself
  provenance->recorder = "make_trace";
  auto writer = trace::Writer::create(argv[1], *provenance);
  if (!writer) return std::fprintf(stderr, "make_trace: %s\n", writer.error().message.c_str()), 2;
  Maker maker(std::move(*writer), static_cast<uint32_t>(number(3, 16)), static_cast<uint32_t>(number(4, 2)),
              static_cast<uint32_t>(number(5, 8)),
              {static_cast<uint32_t>(number(6, 0)), static_cast<double>(number(7, 2000)), static_cast<uint32_t>(number(8, 100))});
  maker.begin();
  const uint64_t wanted = number(2, 0);
  while (maker.made() < wanted) {
    maker.step();
    if (auto done = maker.flush_full(); !done) return std::fprintf(stderr, "make_trace: %s\n", done.error().message.c_str()), 2;
  }
  if (auto done = maker.end(); !done) return std::fprintf(stderr, "make_trace: %s\n", done.error().message.c_str()), 2;
  std::printf("%llu\n", static_cast<unsigned long long>(maker.made()));
  return 0;
}
