// SPDX-License-Identifier: Apache-2.0
// Whether percentiles of counted steps are those of the times that were counted.
#include "tally/times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace mirrorscope {
namespace {

// As bpf/counters/tally.bpf.h sorts them.
size_t step_of(uint64_t ns) {
  size_t step = 0;
  while (step + 1 < MS_TALLY_STEPS && Times::step_begin(step + 1) <= ns) ++step;
  return step;
}

Times of(const std::vector<uint64_t>& all) {
  Times t;
  for (uint64_t ns : all) {
    ++t.count;
    t.total += ns;
    t.longest = std::max(t.longest, ns);
    ++t.steps[step_of(ns)];
  }
  return t;
}

TEST(Times, steps_are_halves_of_octaves) {
  EXPECT_EQ(Times::step_begin(0), 0u);
  EXPECT_EQ(Times::step_begin(1), 384u);
  EXPECT_EQ(Times::step_begin(2), 512u);
  EXPECT_EQ(Times::step_begin(3), 768u);
  EXPECT_EQ(Times::step_begin(24), uint64_t{1} << 20);
  EXPECT_EQ(Times::step_begin(MS_TALLY_STEPS - 1), (uint64_t{1} << 37) + (uint64_t{1} << 36));
}

TEST(Times, nothing_counted_takes_no_time) { EXPECT_EQ(Times{}.percentile(0.99), 0u); }

TEST(Times, one_call_is_every_percentile) {
  const Times t = of({5000});
  EXPECT_LE(t.percentile(0.5), 5000u);
  EXPECT_GE(t.percentile(0.5), 4096u);
  EXPECT_EQ(t.percentile(1), 5000u);
}

TEST(Times, percentiles_are_off_by_a_step_at_most) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> times(10, 2);
  std::vector<uint64_t> all;
  for (int i = 0; i < 20000; ++i) all.push_back(static_cast<uint64_t>(times(random)) + 512);
  const Times t = of(all);
  std::sort(all.begin(), all.end());
  for (double share : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))]);
    const auto found = static_cast<double>(t.percentile(share));
    EXPECT_NEAR(found / exact, 1, 0.5) << share;
  }
}

TEST(Times, the_longest_of_an_interval_is_known_to_the_end_of_its_step) {
  const Times before = of({1000, 1'000'000}), after = of({1000, 1'000'000, 3000});
  const Times since = after.since(before);
  EXPECT_EQ(since.count, 1u);
  EXPECT_EQ(since.total, 3000u);
  EXPECT_EQ(since.longest, 3072u);
}

}  // namespace
}  // namespace mirrorscope
