// SPDX-License-Identifier: Apache-2.0
// How traces are divided among tasks: each in one, evenly, and never more tasks than there may be.
#include "fleet/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <random>
#include <set>

using namespace mirrorscope;
using namespace mirrorscope::fleet;

namespace {
constexpr uint64_t kMB = 1 << 20;
constexpr uint64_t kPerTrace = 4 * kMB;  // what opening a trace counts for

Plan plan_of(const std::vector<uint64_t>& sizes) {
  Plan plan;
  plan.output = "/results";
  for (size_t i = 0; i < sizes.size(); ++i) plan.traces.push_back({{"/archive/" + std::to_string(i), sizes[i], "stamp"}, {}});
  return plan;
}

bool none_done(const PlannedTrace&) { return false; }

std::vector<uint64_t> loads(const Plan& plan) {
  std::vector<uint64_t> out;
  for (const auto& task : plan.tasks)
    out.push_back(std::accumulate(task.begin(), task.end(), uint64_t{0},
                                  [&](uint64_t sum, uint32_t i) { return sum + plan.traces[i].trace.bytes + kPerTrace; }));
  return out;
}

TEST(Plan, EveryTraceIsInOneTaskAndNoTaskIsMuchLargerThanAnother) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint64_t> sizes(1 + random() % 3000);
    for (uint64_t& size : sizes) size = kMB << random() % 12;
    Plan plan = plan_of(sizes);
    const Sizes asked{(1 + random() % 4096) * kMB, static_cast<uint32_t>(1 + random() % 300)};
    divide(plan, asked, none_done);
    std::multiset<uint32_t> seen;
    for (const auto& task : plan.tasks) seen.insert(task.begin(), task.end());
    std::vector<uint32_t> all(sizes.size());
    std::iota(all.begin(), all.end(), 0u);
    ASSERT_THAT(seen, testing::ElementsAreArray(all));
    ASSERT_LE(plan.tasks.size(), asked.most);
    ASSERT_THAT(plan.tasks, testing::Each(testing::Not(testing::IsEmpty())));
    const auto [least, most] = std::ranges::minmax(loads(plan));
    const uint64_t largest = *std::max_element(sizes.begin(), sizes.end());
    ASSERT_LE(most, least + largest + kPerTrace);
    if (plan.tasks.size() < std::min<size_t>(asked.most, sizes.size())) {
      const uint64_t sum = std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}) + kPerTrace * sizes.size();
      ASSERT_EQ(plan.tasks.size(), (sum + asked.chunk - 1) / asked.chunk);
    }
  }
}

TEST(Plan, TheLargestComesFirstAndEqualOnesAreSpreadEvenly) {
  Plan plan = plan_of({kMB, 300 * kMB, 5 * kMB, 200 * kMB, 100 * kMB});
  divide(plan, {100 * kMB, 2}, none_done);
  EXPECT_EQ(plan.tasks, (std::vector<std::vector<uint32_t>>{{1, 2}, {3, 4, 0}}));
  plan = plan_of(std::vector<uint64_t>(1000, 50 * kMB));
  divide(plan, {500 * kMB, 40}, none_done);
  ASSERT_EQ(plan.tasks.size(), 40u);
  for (const auto& task : plan.tasks) EXPECT_EQ(task.size(), 25u);
}

TEST(Plan, WhatIsDoneIsInNoTask) {
  Plan plan = plan_of({kMB, kMB, kMB});
  divide(plan, {1, 10}, [](const PlannedTrace& t) { return t.trace.path != "/archive/1"; });
  EXPECT_EQ(plan.tasks, (std::vector<std::vector<uint32_t>>{{1}}));
  divide(plan, {1, 10}, [](const PlannedTrace&) { return true; });
  EXPECT_TRUE(plan.tasks.empty());
}

TEST(Plan, AKeyChangesWithTheTraceAndTheRules) {
  std::set<std::string> keys;
  const auto add = [&](Plan plan) {
    divide(plan, {1, 10}, none_done);
    keys.insert(plan.traces[0].key);
  };
  Plan plan = plan_of({kMB});
  add(plan);
  plan.memory = kMB;
  plan.output = "/elsewhere";
  plan.traces[0].trace.bytes = 1;  // the stamp has it
  add(plan);
  EXPECT_EQ(keys.size(), 1u);
  plan.traces[0].trace.stamp = "another";
  add(plan);
  plan.traces[0].trace.path = "/archive/one";
  add(plan);
  plan.rules = {"SEQ-01"};
  add(plan);
  plan.rules = {"SEQ-01", "SEQ-02"};
  add(plan);
  EXPECT_EQ(keys.size(), 5u);
}

TEST(Plan, IsReadAsItWasWritten) {
  Plan plan = plan_of({1, 2, 3});
  plan.traces[1].trace.path = "/archive/a \"name\"\n\xc3\xa4";
  plan.rules = {"SEQ-01"};
  plan.memory = 5;
  divide(plan, {1, 2}, none_done);
  const auto json = to_json(plan);
  ASSERT_TRUE(json);
  const std::string file = testing::TempDir() + "/plan.json";
  std::ofstream(file) << *json;
  const auto back = read_plan(file);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*to_json(*back), *json);
  std::ofstream(file) << json->substr(0, json->size() / 2);
  EXPECT_FALSE(read_plan(file));
}

TEST(Plan, RefusesAPathThatJsonCannotHoldAndATaskOfATraceThatIsNotThere) {
  Plan plan = plan_of({1, 2});
  plan.tasks = {{0, 2}};
  const std::string file = testing::TempDir() + "/plan.json";
  std::ofstream(file) << *to_json(plan);
  EXPECT_EQ(read_plan(file).error().message, file + " is damaged: it has no trace 2");
  plan.traces[1].trace.path = "/archive/\xff";
  EXPECT_EQ(to_json(plan).error().message, "cannot plan /archive/\xff: its name is no UTF-8");
}
}  // namespace
