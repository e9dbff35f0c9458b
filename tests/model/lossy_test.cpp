// SPDX-License-Identifier: Apache-2.0
// Does a right driver stay unblamed whatever is lost of its records? Every profile, run at random; of what its CPUs say a stretch is taken out, in one
// life of its objects or between two, where the end of the one and the begin of the other on its address are gone. The numbers of the others tell that
// something is missing, so nothing may be said to be violated that the whole does not violate.
//
// MIRRORSCOPE_SEEDS asks for so many executions of each scenario instead of 10, MIRRORSCOPE_PAIRS for so many pairs instead of 3,000.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "asked.h"
#include "crosscheck/trial.h"
#include "trace/text/text.h"

namespace mirrorscope {
namespace {

using Random = std::mt19937;
using Recorded = std::vector<trace::AnyRecord>;

class Keep final : public model::Observer {
 public:
  bool execution(const model::Execution& e, bool&) override {
    if (!e.whole) return true;
    Recorded& one = kept.emplace_back();
    e.records.each([&](const ev_header& h) { std::copy_n(reinterpret_cast<const std::byte*>(&h), record_sizes[h.id], one.emplace_back().bytes.begin()); });
    return true;
  }
  std::vector<Recorded> kept;
};

std::vector<Recorded> executions_of(const Trial& trial, uint64_t many) {
  const model::Model model = model::model_of(*trial.profile, *trial.scenario, nullptr);
  model::Bounds bounds;
  bounds.executions = many;
  bounds.count_states = false;
  Keep keep;
  model::explore("random", model, bounds, &keep);
  return keep.kept;
}

// What is violated, smells aside, with its first finding.
std::map<std::string, std::string> violated(const Recorded& records) {
  std::vector<std::unique_ptr<Engine>> engine;
  engine.push_back(std::make_unique<Engine>(EngineOptions{{}, {}, 0, 1}));
  for (const trace::AnyRecord& r : records) engine[0]->feed(r.header());
  std::map<std::string, std::string> out;
  for (const RuleResult& r : Engine::finish(engine).rules)
    if (r.verdict == Verdict::violated && r.rule->info.level != Level::smell) out.emplace(r.rule->info.id, r.findings.front().what);
  return out;
}

// Without a stretch of one CPU's records that has some of them in front of it and some behind; over the border that the whole has in front of record
// `border`, if that is not 0. Empty: there is no such stretch.
Recorded without_a_stretch(const Recorded& whole, size_t border, Random& random, std::string& what) {
  std::map<uint16_t, std::vector<size_t>> by_cpu;
  for (size_t i = 0; i < whole.size(); ++i) by_cpu[whole[i].header().cpu].push_back(i);
  auto cpu = by_cpu.begin();
  std::advance(cpu, random() % by_cpu.size());
  const std::vector<size_t>& at = cpu->second;
  const size_t in_front = static_cast<size_t>(std::lower_bound(at.begin(), at.end(), border) - at.begin());  // of the border, of this CPU
  if (at.size() < 3 || (border && (in_front < 2 || in_front + 2 > at.size()))) return {};
  const size_t from = 1 + random() % (border ? in_front - 1 : at.size() - 2);
  const size_t least = border ? in_front : from + 1;
  const size_t until = least + random() % (at.size() - least);
  const std::set<size_t> gone(at.begin() + static_cast<std::ptrdiff_t>(from), at.begin() + static_cast<std::ptrdiff_t>(until));
  what = "CPU " + std::to_string(cpu->first) + " without its records " + std::to_string(from) + " to " + std::to_string(until - 1);
  Recorded rest;
  for (size_t i = 0; i < whole.size(); ++i)
    if (!gone.contains(i)) rest.push_back(whole[i]);
  return rest;
}

// Without one record, whose program the kernel did not run: the numbers are dense, and the recorder says which event is missing since when.
Recorded without_a_run(const Recorded& whole, Random& random, std::string& what) {
  if (whole.size() < 3) return {};
  const size_t at = 1 + random() % (whole.size() - 2);
  const ev_header& gone = whole[at].header();
  what = "a run of " + std::string(event_info(gone.id)->name) + " was skipped, record " + std::to_string(at);
  Recorded rest;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (i == at) continue;
    trace::AnyRecord& r = rest.emplace_back(whole[i]);
    if (i > at && r.header().cpu == gone.cpu) --r.header().seq;
    if (i != at + 1) continue;
    trace::AnyRecord& said = rest.emplace_back();
    auto& lost = reinterpret_cast<ev_lost&>(said.header());
    lost.h.id = EV_lost;
    lost.h.cpu = MS_ABOUT_CPU;
    lost.h.time = lost.until = r.header().time;
    lost.from = whole[at - 1].header().time;
    lost.cause = MS_loss_skipped;
    lost.event = gone.id;
    lost.count = 1;
  }
  return rest;
}

std::string text_of(const Recorded& records) {
  std::string text;
  for (const trace::AnyRecord& r : records) text += trace::to_text(r.header()) + "\n";
  return text;
}

void expect_nothing_new(const Recorded& rest, const std::map<std::string, std::string>& known, const std::string& what) {
  for (const auto& [rule, finding] : violated(rest))
    if (!known.contains(rule)) ADD_FAILURE() << what << ": " << rule << " is violated: " << finding << "\n" << (std::getenv("MIRRORSCOPE_RECORDS") ? text_of(rest) : "");
}

class Lossy : public testing::TestWithParam<const model::Profile*> {};

TEST_P(Lossy, OneLife) {
  Random random(1);
  size_t tried = 0;
  for (const Trial& trial : trials_of(*GetParam())) {
    if (trial.mutant) continue;
    for (const Recorded& whole : executions_of(trial, test::asked("MIRRORSCOPE_SEEDS", 10))) {
      const auto known = violated(whole);
      for (int i = 0; i < 25; ++i) {
        std::string what;
        const Recorded rest = without_a_stretch(whole, 0, random, what);
        if (rest.empty()) continue;
        ++tried;
        expect_nothing_new(rest, known, std::string(trial.scenario->name) + ", " + what);
        const Recorded without = without_a_run(whole, random, what);
        expect_nothing_new(without, known, std::string(trial.scenario->name) + ", " + what);
      }
    }
  }
  EXPECT_GT(tried, 0u);
}

std::vector<const model::Profile*> profiles() {
  std::vector<const model::Profile*> all;
  for (const model::Profile& p : model::all_profiles()) all.push_back(&p);
  return all;
}
INSTANTIATE_TEST_SUITE_P(of, Lossy, testing::ValuesIn(profiles()), [](const auto& at) { return std::string(at.param->name); });

// The second behind the first, on the same CPUs, in the same address space, at the same addresses.
Recorded one_after_the_other(const Recorded& a, const Recorded& b) {
  Recorded both = a;
  std::map<uint16_t, uint32_t> next;
  for (const trace::AnyRecord& r : a) next[r.header().cpu] = r.header().seq + 1u;
  const uint64_t later = a.back().header().time + 1'000'000 - b.front().header().time;
  for (trace::AnyRecord r : b) {
    r.header().time += later;
    r.header().seq = next[r.header().cpu]++;
    both.push_back(r);
  }
  return both;
}

// Functions of the models all stand at the same addresses: each driver gets its own, as code does not move.
void move_code(Recorded& records, uint64_t by) {
  constexpr uint64_t kCode = 0xffff'ffff'c000'0000, kEnd = 0xffff'ffff'c100'0000;
  for (trace::AnyRecord& r : records)
    for (const FieldInfo& f : event_info(r.header().id)->fields) {
      if (f.size != sizeof(uint64_t) || f.count != 1) continue;
      uint64_t value = 0;
      std::memcpy(&value, r.bytes.data() + f.offset, sizeof value);
      if (value < kCode || value >= kEnd) continue;
      value += by;
      std::memcpy(r.bytes.data() + f.offset, &value, sizeof value);
    }
}

TEST(Lossy, BetweenTwoLives) {
  struct Life {
    std::string name;
    Recorded records;
  };
  std::vector<Life> lives;
  uint64_t code = 0;
  for (const model::Profile& p : model::all_profiles()) {
    code += 0x10000;
    for (const Trial& trial : trials_of(p)) {
      if (trial.mutant) continue;
      for (Recorded& r : executions_of(trial, 3)) {
        move_code(r, code);
        lives.push_back({std::string(p.name) + "/" + std::string(trial.scenario->name), std::move(r)});
      }
    }
  }
  Random random(1);
  size_t pairs = 0, tried = 0;
  for (uint64_t i = test::asked("MIRRORSCOPE_PAIRS", 3000); i; --i) {
    const Life &a = lives[random() % lives.size()], &b = lives[random() % lives.size()];
    const Recorded whole = one_after_the_other(a.records, b.records);
    const auto known = violated(whole);
    pairs += known.empty();
    for (int n = 0; n < 5; ++n) {
      std::string what;
      const Recorded rest = without_a_stretch(whole, a.records.size(), random, what);
      if (rest.empty()) continue;
      ++tried;
      expect_nothing_new(rest, known, a.name + ", then " + b.name + ", " + what);
    }
  }
  std::printf("%zu losses between two lives, %zu pairs of which nothing is violated\n", tried, pairs);
  EXPECT_GT(pairs, 0u);
  EXPECT_GT(tried, 0u);
}

}  // namespace
}  // namespace mirrorscope
