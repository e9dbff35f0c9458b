// SPDX-License-Identifier: Apache-2.0
// Whether the books balance, and what a settlement may promise, with the test in the part of the kernel.
#include "collector/stream/pump.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "fake_ring.h"
#include "schema/catalog.h"
#include "trace/format.h"

namespace mirrorscope {
namespace {

// Takes the place of a trace: keeps what it gets and checks what every outlet may rely on.
struct Capture : Outlet {
  struct Entry {
    uint16_t stream;
    ev_header header;
    ev_lost lost;  // if it is one
  };
  std::vector<Entry> entries;
  std::map<uint16_t, uint64_t> last_time, discarded_so_far;

  Result<void> append(uint16_t stream, const ev_header* records, size_t bytes) override {
    const auto* at = reinterpret_cast<const std::byte*>(records);
    for (const std::byte* end = at + bytes; at < end;) {
      Entry e{stream, {}, {}};
      std::memcpy(&e.header, at, sizeof(e.header));
      if (e.header.id == EV_lost) std::memcpy(&e.lost, at, sizeof(e.lost));
      EXPECT_EQ(e.header.cpu, stream);
      EXPECT_GE(e.header.time, last_time[stream]);
      last_time[stream] = e.header.time;
      entries.push_back(e);
      at += record_sizes[e.header.id];
    }
    return {};
  }
  void discarded(uint16_t stream, uint64_t cumulative) override {
    EXPECT_GE(cumulative, discarded_so_far[stream]);
    discarded_so_far[stream] = cumulative;
  }
  std::vector<ev_lost> lost() const {
    std::vector<ev_lost> all;
    for (const Entry& e : entries)
      if (e.header.id == EV_lost) all.push_back(e.lost);
    return all;
  }
  size_t of_stream(uint16_t stream) const {
    size_t n = 0;
    for (const Entry& e : entries) n += e.stream == stream;
    return n;
  }
};

struct Everything : Watcher {
  uint64_t records = 0;
  void saw(const ev_header&) override { ++records; }
};

// One CPU as bpf/emit.bpf.h drives it.
struct FakeCpu {
  FakeCpu(uint16_t number, uint64_t ring_size, ms_cpu& its_counters)
      : cpu(number), ring(ring_size), counters(its_counters) {}

  uint16_t cpu;
  testing::FakeRing ring;
  ms_cpu& counters;
  std::vector<uint64_t> dropped_at;
  std::vector<std::byte*> running;

  void begin() {
    if (auto* at = ring.reserve(sizeof(ev_mn_free))) return running.push_back(at);
    dropped_at.push_back(clock_now());
    ++counters.next_seq;
    ++counters.dropped;
  }
  void end() {
    ev_mn_free e{};
    e.h.id = EV_mn_free;
    e.h.cpu = cpu;
    e.h.time = clock_now();
    e.h.seq = static_cast<uint32_t>(counters.next_seq++);
    std::memcpy(running.back(), &e, sizeof(e));
    ring.submit(running.back());
    running.pop_back();
  }
  void emit() {
    const size_t depth = running.size();
    begin();
    if (running.size() > depth) end();
  }
};

struct PumpTest : ::testing::Test {
  std::vector<ms_cpu> counters{4};
  Capture trace;
  Everything watcher;
  Hashing hashing{Hashing::Addresses::hashed};
  ProgramRuns runs;
  uint64_t began = clock_now();
  Losses losses{began, [this](size_t) -> Result<ProgramRuns> { return runs; }};
  About about{trace, hashing, began};
  Pump pump{counters.data(), trace, hashing, losses, about, watcher};
  std::vector<std::unique_ptr<FakeCpu>> cpus;

  FakeCpu& cpu(uint16_t number, uint64_t ring_size) {
    cpus.push_back(std::make_unique<FakeCpu>(number, ring_size, counters[number]));
    pump.add_cpu(number, Ring(cpus.back()->ring.memory()));
    return *cpus.back();
  }
  void drain() { ASSERT_TRUE(pump.drain().ok()); }
  void tick() { ASSERT_TRUE(pump.tick().ok()); }
  bool finish() {
    auto done = pump.finish();
    EXPECT_TRUE(done.ok());
    return done.ok() && *done;
  }
  void expect_balanced() {
    for (const Books& b : pump.books())
      EXPECT_TRUE(b.balanced()) << "CPU " << b.cpu << ": " << b.produced << " produced, " << b.delivered
                                << " delivered, " << b.lost << " lost, " << b.dropped << " dropped";
  }
};

TEST_F(PumpTest, everything_arrives_when_there_is_room) {
  FakeCpu& c = cpu(0, 4096);
  for (int i = 0; i < 1000; ++i) {
    c.emit();
    if (i % 20 == 0) drain();
  }
  EXPECT_TRUE(finish());
  EXPECT_EQ(trace.of_stream(0), 1000u);
  EXPECT_EQ(watcher.records, 1000u);
  EXPECT_TRUE(trace.lost().empty());
  expect_balanced();
}

TEST_F(PumpTest, a_full_ring_loses_exactly_what_found_no_room) {
  FakeCpu& c = cpu(0, 4096);
  for (int i = 0; i < 1000; ++i) c.emit();
  EXPECT_TRUE(finish());
  EXPECT_EQ(trace.of_stream(0) + c.dropped_at.size(), 1000u);
  ASSERT_EQ(trace.lost().size(), 1u);
  const ev_lost lost = trace.lost()[0];
  EXPECT_EQ(lost.count, c.dropped_at.size());
  EXPECT_EQ(lost.cause, static_cast<uint32_t>(MS_loss_ring_full));
  EXPECT_EQ(lost.on_cpu, 0);
  EXPECT_LE(lost.from, c.dropped_at.front());
  EXPECT_GE(lost.until + 1000, c.dropped_at.back());
  EXPECT_EQ(trace.discarded_so_far[0], lost.count);
  expect_balanced();
}

TEST_F(PumpTest, a_cpu_without_a_ring_only_loses) {
  pump.add_cpu(3, std::nullopt);
  counters[3].next_seq = counters[3].dropped = 7;
  EXPECT_TRUE(finish());
  ASSERT_EQ(trace.lost().size(), 1u);
  EXPECT_EQ(trace.lost()[0].count, 7u);
  EXPECT_EQ(trace.lost()[0].on_cpu, 3);
  expect_balanced();
}

TEST_F(PumpTest, the_end_waits_for_a_program_that_is_still_running) {
  FakeCpu& c = cpu(1, 4096);
  c.emit();
  c.begin();
  EXPECT_FALSE(finish());
  c.end();
  EXPECT_TRUE(finish());
  EXPECT_EQ(trace.of_stream(1), 2u);
  expect_balanced();
}

TEST_F(PumpTest, a_skipped_run_is_a_loss_of_its_event_between_two_polls) {
  FakeCpu& c = cpu(0, 4096);
  losses.watch(0, EV_read_begin);
  c.emit();
  drain();
  tick();
  const uint64_t before = clock_now();
  runs.skipped = 3;
  const uint64_t after = clock_now();
  tick();
  tick();
  ASSERT_EQ(trace.lost().size(), 1u);
  const ev_lost lost = trace.lost()[0];
  EXPECT_EQ(lost.count, 3u);
  EXPECT_EQ(lost.event, static_cast<uint32_t>(EV_read_begin));
  EXPECT_EQ(lost.cause, static_cast<uint32_t>(MS_loss_skipped));
  EXPECT_EQ(lost.on_cpu, -1);
  EXPECT_LE(lost.from, before);
  EXPECT_GE(lost.until, after);
}

TEST_F(PumpTest, nothing_is_said_when_nothing_happened) {
  cpu(0, 4096).emit();
  drain();
  for (int i = 0; i < 10; ++i) tick();
  // the account of the CPU that made a record, and the settlement of it
  EXPECT_EQ(trace.of_stream(trace::about_stream), 2u);
}

TEST_F(PumpTest, bytes_that_are_no_record_end_the_recording) {
  FakeCpu& c = cpu(0, 4096);
  std::byte* at = c.ring.reserve(16);
  c.ring.submit(at);
  EXPECT_FALSE(pump.drain().ok());
}

// Two CPUs whose programs nest, a ring far too small, a reader that comes by at random. Whatever happens: the books
// balance, and a settlement holds what it says: nothing older is still to come, neither a record nor a loss.
TEST_F(PumpTest, settlements_hold_for_every_nesting) {
  FakeCpu* both[] = {&cpu(0, 4096), &cpu(1, 4096)};
  std::mt19937 random(7);
  auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  for (int step = 0; step < 200000; ++step) {
    FakeCpu& c = *both[random() % 2];
    if (chance(50) && c.running.size() < 5)
      c.begin();
    else if (!c.running.empty())
      c.end();
    if (chance(2)) drain();
    if (chance(1)) tick();
  }
  for (FakeCpu* c : both)
    while (!c->running.empty()) c->end();
  EXPECT_TRUE(finish());
  expect_balanced();

  uint64_t settled = 0, counted[2] = {}, settlements = 0;
  for (const Capture::Entry& e : trace.entries) {
    if (e.stream != trace::about_stream) {
      EXPECT_GT(e.header.time, settled);
    } else if (e.header.id == EV_lost) {
      counted[e.lost.on_cpu] += e.lost.count;
    } else if (e.header.id == EV_loss_settled) {
      settled = e.header.time;
      ++settlements;
      for (FakeCpu* c : both) {
        const auto& at = c->dropped_at;
        const auto older = static_cast<uint64_t>(std::lower_bound(at.begin(), at.end(), settled) - at.begin());
        EXPECT_GE(counted[c->cpu], older);
      }
    }
  }
  EXPECT_GT(settlements, 100u);
  for (FakeCpu* c : both) {
    EXPECT_EQ(counted[c->cpu], c->dropped_at.size());
    EXPECT_GT(c->dropped_at.size(), 100u) << "the ring was meant to be too small";
  }
  EXPECT_EQ(watcher.records, pump.delivered());
}

}  // namespace
}  // namespace mirrorscope
