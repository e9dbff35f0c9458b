// SPDX-License-Identifier: Apache-2.0
// Can anything missing from a good trace make a rule cry wolf? No: not a class of events, not random gaps, not a late start.
//
// Usage: loss_test TRACE [gtest options]. The trace is a recording of a real kernel on which no hard rule is violated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "analyzer/engine/engine.h"
#include "asked.h"
#include "trace/reading/merge.h"

namespace mirrorscope::test {

namespace {
std::string g_trace;

// Records in time order that can be dropped and renumbered without touching the trace.
class Recording {
 public:
  static const Recording& get() {
    static const Recording recording;
    return recording;
  }

  struct Item {
    const ev_header* record;
    bool about;
  };
  const std::vector<Item>& items() const { return items_; }
  const std::set<std::string>& violated() const { return violated_; }
  TraceFacts facts() const { return facts_; }

 private:
  Recording() {
    auto reader = trace::Reader::open(g_trace);
    if (!reader) {
      ADD_FAILURE() << reader.error().message;
      return;
    }
    facts_.recorded = reader->provenance().origin == trace::Origin::recorded;
    trace::Merge merge(*reader);
    while (const ev_header* r = merge.next()) {
      auto& copy = copies_.emplace_back(new uint64_t[record_sizes[r->id] / sizeof(uint64_t)]);
      std::memcpy(copy.get(), r, record_sizes[r->id]);
      items_.push_back({reinterpret_cast<const ev_header*>(copy.get()), r->cpu == MS_ABOUT_CPU});
    }
    std::vector<std::unique_ptr<Engine>> engines;
    engines.push_back(std::make_unique<Engine>(EngineOptions{{}, facts_, 0, 1}));
    for (const Item& i : items_) engines[0]->feed(*i.record);
    for (const RuleResult& r : Engine::finish(engines).rules)
      if (r.verdict == Verdict::violated) violated_.insert(std::string(r.rule->info.id));
  }
  TraceFacts facts_;
  std::vector<std::unique_ptr<uint64_t[]>> copies_;
  std::vector<Item> items_;
  std::set<std::string> violated_;
};

// What a changed trace is fed with.
class Fed {
 public:
  Fed() { engines_.push_back(std::make_unique<Engine>(EngineOptions{{}, Recording::get().facts(), 0, 1})); }
  void feed(const ev_header& r) { engines_[0]->feed(r); }
  // As if the record that was dropped in front of it had never been produced.
  void feed_renumbered(const ev_header& r) {
    alignas(8) std::byte copy[512];
    std::memcpy(copy, &r, record_sizes[r.id]);
    auto& h = *reinterpret_cast<ev_header*>(copy);
    h.seq = next_[h.cpu]++;
    engines_[0]->feed(h);
  }
  Report finish() { return Engine::finish(engines_); }

 private:
  std::vector<std::unique_ptr<Engine>> engines_;
  std::array<uint32_t, 1024> next_{};
};

void expect_no_new_violation(const Report& report, const std::string& what) {
  for (const RuleResult& r : report.rules) {
    if (r.verdict != Verdict::violated || Recording::get().violated().contains(std::string(r.rule->info.id))) continue;
    const Candidate& first = r.findings.front();
    std::string evidence;
    for (const Evidence& e : first.evidence)
      evidence += "\n  " + std::to_string(e.event.time) + " cpu " + std::to_string(e.event.cpu) + " seq " +
                  std::to_string(e.event.seq) + ": " + e.role;
    ADD_FAILURE() << what << ": " << r.rule->info.id << " is violated " << r.broken << " times, first: " << first.what
                  << "\nevidence from " << first.from << " to " << first.completing.time << evidence;
  }
}

// What is missing behind the last record of a CPU leaves no gap: there the recorder's own `lost` records tell, which a test has not.
bool last_of_its_cpu(size_t at) {
  static const std::set<size_t> last = [] {
    std::map<uint16_t, size_t> by_cpu;
    const auto& items = Recording::get().items();
    for (size_t i = 0; i < items.size(); ++i) by_cpu[items[i].record->cpu] = i;
    std::set<size_t> set;
    for (auto [cpu, i] : by_cpu) set.insert(i);
    return set;
  }();
  return last.contains(at);
}

// How many random changes are tried per kind; MIRRORSCOPE_SEEDS asks for more.
uint32_t seeds() { return static_cast<uint32_t>(asked("MIRRORSCOPE_SEEDS", 40)); }

std::vector<uint16_t> classes() {
  std::set<uint16_t> ids;
  for (const auto& i : Recording::get().items())
    if (!i.about) ids.insert(i.record->id);
  return {ids.begin(), ids.end()};
}
}  // namespace

TEST(Loss, TheTraceItselfIsGood) {
  EXPECT_GT(Recording::get().items().size(), 1000u);
  for (const std::string& id : Recording::get().violated())
    EXPECT_NE(rule_named(id)->info.level, Level::hard) << id;
}

TEST(Loss, AClassOfEventsIsMissing) {
  for (uint16_t id : classes()) {
    Fed fed;
    const auto& items = Recording::get().items();
    for (size_t i = 0; i < items.size(); ++i)
      if (items[i].record->id != id || last_of_its_cpu(i)) fed.feed(*items[i].record);
    expect_no_new_violation(fed.finish(), "without " + std::string(event_info(id)->name));
  }
}

TEST(Loss, AKernelWithoutTheProbe) {
  for (uint16_t id : classes()) {
    Fed fed;
    for (const auto& i : Recording::get().items()) {
      if (i.record->id == id) continue;
      if (i.about && i.record->id == EV_probe_state) {
        ev_probe_state state = *reinterpret_cast<const ev_probe_state*>(i.record);
        if (state.event == id) {
          state.how = MS_probe_how_absent;
          state.fn = 0;
        }
        fed.feed(state.h);
      } else if (i.about) {
        fed.feed(*i.record);
      } else {
        fed.feed_renumbered(*i.record);
      }
    }
    const Report report = fed.finish();
    expect_no_new_violation(report, "no probe for " + std::string(event_info(id)->name));
    for (const RuleResult& r : report.rules)
      if (r.rule->needs.test(id) && !r.rule->info.any_event) {
        EXPECT_EQ(r.verdict, Verdict::not_observable) << r.rule->info.id;
      }
  }
}

TEST(Loss, RandomGaps) {
  const auto& items = Recording::get().items();
  for (uint32_t seed = 0; seed < seeds(); ++seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<size_t> where(0, items.size() - 1);
    std::uniform_int_distribution<size_t> length(1, 40);
    std::vector<bool> gone(items.size());
    for (int n = 0; n < 30; ++n) {
      // a run of records of one CPU
      size_t at = where(random);
      const uint16_t cpu = items[at].record->cpu;
      for (size_t left = length(random); left && at < items.size(); ++at) {
        if (items[at].about || items[at].record->cpu != cpu || last_of_its_cpu(at)) continue;
        gone[at] = true;
        --left;
      }
    }
    Fed fed;
    for (size_t i = 0; i < items.size(); ++i)
      if (!gone[i]) fed.feed(*items[i].record);
    const Report report = fed.finish();
    expect_no_new_violation(report, "seed " + std::to_string(seed));
    EXPECT_GT(report.lost, 0u);
  }
}

TEST(Loss, RunsThatTheKernelSkipped) {
  const auto& items = Recording::get().items();
  for (uint32_t seed = 0; seed < seeds(); ++seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<size_t> where(0, items.size() - 1);
    std::vector<bool> gone(items.size());
    for (int n = 0; n < 20; ++n) {
      const size_t at = where(random);
      if (!items[at].about) gone[at] = true;
    }
    Fed fed;
    for (size_t i = 0; i < items.size(); ++i) {
      if (gone[i]) {
        // found out by polling: the place is the time between two polls, and the run was skipped anywhere in it
        const uint64_t before = std::uniform_int_distribution<uint64_t>(0, 50'000'000)(random);
        ev_lost lost{};
        lost.h.id = EV_lost;
        lost.h.time = items[i].record->time;
        lost.from = items[i].record->time - before;
        lost.until = lost.from + 50'000'000;
        lost.count = 1;
        lost.cause = MS_loss_skipped;
        lost.event = items[i].record->id;
        lost.on_cpu = -1;
        fed.feed(lost.h);
      } else if (items[i].about) {
        fed.feed(*items[i].record);
      } else {
        fed.feed_renumbered(*items[i].record);
      }
    }
    const Report report = fed.finish();
    expect_no_new_violation(report, "seed " + std::to_string(seed));
  }
}

TEST(Loss, RecordingBeganInTheMiddle) {
  const auto& items = Recording::get().items();
  for (uint32_t seed = 0; seed < seeds(); ++seed) {
    std::mt19937 random(seed);
    const size_t from = std::uniform_int_distribution<size_t>(0, items.size() - 1)(random);
    Fed fed;
    for (size_t i = 0; i < items.size(); ++i)
      if (i >= from || items[i].about) fed.feed(*items[i].record);
    expect_no_new_violation(fed.finish(), "from record " + std::to_string(from));
  }
}

TEST(Loss, RecordingEndedInTheMiddle) {
  const auto& items = Recording::get().items();
  for (uint32_t seed = 0; seed < seeds(); ++seed) {
    std::mt19937 random(seed);
    const size_t to = std::uniform_int_distribution<size_t>(1, items.size())(random);
    Fed fed;
    for (size_t i = 0; i < to; ++i) fed.feed(*items[i].record);
    expect_no_new_violation(fed.finish(), "to record " + std::to_string(to));
  }
}

// Dividing the work changes nothing of the result.
TEST(Shards, SayTheSame) {
  auto with = [](uint32_t shards) {
    std::vector<std::unique_ptr<Engine>> engines;
    for (uint32_t i = 0; i < shards; ++i) engines.push_back(std::make_unique<Engine>(EngineOptions{{}, Recording::get().facts(), i, shards}));
    for (auto& engine : engines)
      for (const auto& i : Recording::get().items()) engine->feed(*i.record);
    return Engine::finish(engines);
  };
  // That a task which comes into another address space was inside of nothing is known to one engine, and not to two: so often may it judge less.
  uint64_t crossings = 0;
  std::map<uint32_t, uint64_t> mm_of;  // by tid
  for (const auto& i : Recording::get().items()) {
    if (i.about || !i.record->mm) continue;
    uint64_t& mm = mm_of[i.record->tid];
    crossings += mm && mm != i.record->mm;
    mm = i.record->mm;
  }
  const Report one = with(1);
  for (uint32_t shards : {2u, 5u}) {
    const Report many = with(shards);
    EXPECT_EQ(one.records, many.records);
    EXPECT_EQ(one.lost, many.lost);
    for (size_t i = 0; i < one.rules.size(); ++i) {
      EXPECT_EQ(one.rules[i].verdict, many.rules[i].verdict) << one.rules[i].rule->info.id;
      EXPECT_EQ(one.rules[i].broken, many.rules[i].broken) << one.rules[i].rule->info.id;
      EXPECT_LE(many.rules[i].held, one.rules[i].held) << one.rules[i].rule->info.id;
      EXPECT_LE(one.rules[i].held, many.rules[i].held + (one.rules[i].rule->info.id == "ORD-03" ? crossings : 0)) << one.rules[i].rule->info.id;
    }
  }
}

}  // namespace mirrorscope::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s TRACE\n", argv[0]);
    return 2;
  }
  mirrorscope::test::g_trace = argv[1];
  return RUN_ALL_TESTS();
}
