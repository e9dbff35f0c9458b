// SPDX-License-Identifier: Apache-2.0
// Do the strategies agree with each other, and does a schedule lead to the same thing again?
#include <gtest/gtest.h>

#include "crosscheck/counterexample.h"
#include "crosscheck/trial.h"
#include "driver-model/explore/strategy.h"

namespace mirrorscope {
namespace {
using namespace model;

const Profile& hmm_mirror() { return *profile_named("hmm_mirror"); }
Model scenario(std::string_view name, std::string_view mutant = {}) {
  return model_of(hmm_mirror(), *scenario_named(hmm_mirror(), name), mutant.empty() ? nullptr : mutant_named(hmm_mirror(), mutant));
}

struct Prints final : Observer {
  std::vector<std::string> records;
  bool execution(const Execution& e, bool&) override {
    e.records.each([&](const ev_header& h) {
      records.emplace_back(reinterpret_cast<const char*>(&h), record_sizes[h.id]);
    });
    return true;
  }
};

TEST(schedule, is_the_same_after_text_and_back) {
  const Schedule s{{0, 0}, {0, 0}, {1, 0}, {2, 1}, {2, 1}, {0, 0}};
  EXPECT_EQ(to_text(s), "a2bC2a");
  EXPECT_EQ(parse_schedule("a2bC2a"), s);
  EXPECT_EQ(parse_schedule("a0"), std::nullopt);
  EXPECT_EQ(parse_schedule("a2 b"), std::nullopt);
  EXPECT_EQ(switches(s), 3u);
}

TEST(strategies, reduction_finds_what_is_found_without_it) {
  for (const char* mutant : {"", "skip_read_retry", "retry_check_outside_lock", "callback_skips_set_seq"}) {
    const Model m = scenario("remap", mutant);
    Bounds plain;
    plain.reduction = false;
    const Covered reduced = explore("exhaustive", m, {}, nullptr), whole = explore("exhaustive", m, plain, nullptr);
    EXPECT_TRUE(reduced.exhaustive && whole.exhaustive);
    EXPECT_EQ(reduced.hits, whole.hits) << mutant;
    EXPECT_LE(reduced.states, whole.states) << mutant;
  }
}

// Frames, threads, sequences and dead registers are all in it: what is taken to be the same must not hide what is wrong.
TEST(reduction, hides_nothing_from_the_oracle_in_any_trial) {
  unsigned smaller = 0;
  for (const Profile& p : all_profiles()) {
    for (const Trial& t : trials_of(p)) {
      const Model m = model_of(p, *t.scenario, t.mutant);
      Bounds plain;
      plain.reduction = false;
      const Covered reduced = explore("exhaustive", m, {}, nullptr), whole = explore("exhaustive", m, plain, nullptr);
      const std::string what = std::string(p.name) + " " + std::string(t.scenario->name) + " " + std::string(t.mutant ? t.mutant->name : "-");
      EXPECT_TRUE(reduced.exhaustive && whole.exhaustive) << what;
      EXPECT_EQ(reduced.hits, whole.hits) << what;
      EXPECT_LE(reduced.states, whole.states) << what;
      smaller += reduced.states < whole.states;
    }
  }
  EXPECT_GT(smaller, 100u);
}

TEST(strategies, every_execution_agrees_with_every_state) {
  for (const char* mutant : {"", "skip_read_retry", "callback_skips_set_seq"}) {
    const Model m = scenario("munmap", mutant);
    Crosscheck by_state({}), by_execution({});
    const Covered states = explore("exhaustive", m, {}, &by_state), executions = explore("every", m, {}, &by_execution);
    EXPECT_TRUE(executions.exhaustive);
    EXPECT_EQ(states.hits, executions.hits) << mutant;
    ASSERT_EQ(by_state.reported().size(), by_execution.reported().size()) << mutant;
    for (const auto& [id, r] : by_state.reported()) EXPECT_TRUE(by_execution.by(id)) << id;
  }
}

TEST(replay, a_finding_is_found_again_record_by_record) {
  const Model m = scenario("remap", "skip_read_retry");
  const auto schedule = shortest(m, {"SEQ-04"});
  ASSERT_TRUE(schedule);
  Prints first, second;
  EXPECT_EQ(explore_replay(m, *schedule, &first).hits, explore_replay(m, *schedule, &second).hits);
  EXPECT_FALSE(first.records.empty());
  EXPECT_EQ(first.records, second.records);
  Crosscheck crosscheck({});
  explore_replay(m, *parse_schedule(to_text(*schedule)), &crosscheck);
  EXPECT_TRUE(crosscheck.by("SEQ-04"));
}

TEST(replay, says_where_a_foreign_schedule_cannot_go_on) {
  const Model m = scenario("remap");
  EXPECT_EQ(explore_replay(m, {{5, 0}}, nullptr).bound, "cannot be replayed: step 1 of 1 is not possible");
}

TEST(walks, the_same_seed_walks_the_same_way) {
  const Model m = scenario("dontneed");
  Bounds b;
  b.executions = 50;
  int walked = 0;
  for (const Strategy& strategy : all_strategies()) {
    if (!strategy.samples) continue;
    ++walked;
    const Covered one = strategy.explore(m, b, nullptr), two = strategy.explore(m, b, nullptr);
    EXPECT_EQ(one.states, two.states);
    EXPECT_EQ(one.executions, 50u);
    b.seed = 2;
    EXPECT_NE(strategy.explore(m, b, nullptr).transitions, one.transitions);
    b.seed = 1;
  }
  EXPECT_GE(walked, 2);
}

}  // namespace
}  // namespace mirrorscope
