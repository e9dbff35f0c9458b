// SPDX-License-Identifier: Apache-2.0
// Which skipped runs are lost, and between when, if what makes up for them comes later and the readings fall anywhere.
#include "collector/stream/losses.h"

#include <gtest/gtest.h>

#include <random>

namespace mirrorscope {
namespace {

// A program whose runs are skipped and made up for; time is the number of the reading.
struct Counters {
  uint64_t skipped = 0, covered = 0;
  ProgramRuns read() const { return {covered, skipped, covered, 0}; }
};

TEST(SkippedRuns, none_is_lost_while_all_are_made_up_for) {
  SkippedRuns runs(0);
  Counters c;
  for (uint64_t t = 1; t < 100; ++t) {
    ++c.skipped;
    ++c.covered;
    EXPECT_EQ(runs.take(c.read(), t), 0u);
    EXPECT_EQ(runs.since(), t);
  }
}

TEST(SkippedRuns, a_run_that_is_about_to_be_made_up_for_is_not_lost) {
  SkippedRuns runs(0);
  Counters c;
  c.skipped = 1;
  EXPECT_EQ(runs.take(c.read(), 1), 0u);
  EXPECT_EQ(runs.since(), 0u) << "it is not known yet";
  c.covered = 1;
  EXPECT_EQ(runs.take(c.read(), 2), 0u);
  EXPECT_EQ(runs.since(), 2u);
}

TEST(SkippedRuns, a_lost_run_is_told_once_and_lies_after_the_last_balance) {
  SkippedRuns runs(0);
  Counters c;
  EXPECT_EQ(runs.take(c.read(), 10), 0u);
  c.skipped = 1;
  EXPECT_EQ(runs.take(c.read(), 20), 0u);
  EXPECT_EQ(runs.since(), 10u);
  EXPECT_EQ(runs.take(c.read(), 30), 1u);
  EXPECT_EQ(runs.take(c.read(), 40), 0u);
  EXPECT_EQ(runs.since(), 40u);
  EXPECT_EQ(runs.lost(), 1u);
}

// Made up for right after the reading, each time: the difference stays, and says nothing of when the lost one was.
TEST(SkippedRuns, other_runs_under_way_do_not_move_a_lost_one) {
  SkippedRuns runs(0);
  Counters c;
  runs.take(c.read(), 10);
  c.skipped = 1;  // lost at 15
  for (uint64_t t = 20; t < 60; t += 10) {
    ++c.skipped;  // one more on its way whenever it is read
    const ProgramRuns reading{c.covered, c.skipped, c.covered + 1, 0};
    ++c.covered;
    const uint64_t since = runs.since();
    if (runs.take(reading, t)) {
      EXPECT_EQ(since, 10u);
    }
  }
  runs.take(c.read(), 70);
  EXPECT_EQ(runs.lost(), 1u);
}

TEST(SkippedRuns, one_that_came_very_late_hides_no_later_one) {
  SkippedRuns runs(0);
  Counters c;
  c.skipped = 1;
  runs.take(c.read(), 1);
  EXPECT_EQ(runs.take(c.read(), 2), 1u) << "preempted for two readings: taken for lost";
  c.covered = 1;
  EXPECT_EQ(runs.take(c.read(), 3), 0u);
  c.skipped = 2;
  runs.take(c.read(), 4);
  EXPECT_EQ(runs.take(c.read(), 5), 0u) << "told already, one too early";
  EXPECT_EQ(runs.since(), 3u);
  c.skipped = 3;
  runs.take(c.read(), 6);
  EXPECT_EQ(runs.take(c.read(), 7), 1u);
  EXPECT_EQ(runs.lost(), 2u);
}

// Any mixture: what is told lies between the last balance and now, and in the end all of it is told.
TEST(SkippedRuns, every_lost_run_is_told_with_a_place_that_holds_it) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    auto chance = [&](int percent) { return std::uniform_int_distribution<int>(0, 99)(random) < percent; };
    SkippedRuns runs(0);
    Counters c;
    std::vector<uint64_t> lost_at;
    size_t told = 0;
    uint64_t time = 0;
    bool was_under_way = false;
    auto look = [&](bool under_way) {  // while one run is skipped and not yet made up for
      const uint64_t since = runs.since();
      const uint64_t news = runs.take({c.covered, c.skipped + under_way, c.covered, 0}, time);
      for (uint64_t n = 0; n < news; ++n, ++told) {
        ASSERT_LT(told, lost_at.size()) << "seed " << seed;
        EXPECT_GE(lost_at[told], since) << "seed " << seed;
      }
      c.skipped += under_way;
      c.covered += under_way;
      was_under_way = under_way;
    };
    for (int step = 0; step < 2000; ++step) {
      ++time;
      if (chance(40)) ++c.skipped, ++c.covered;
      if (chance(2)) {
        ++c.skipped;
        lost_at.push_back(time);
      }
      if (chance(10)) look(!was_under_way && chance(30));
    }
    for (int n = 0; n < 2; ++n) look(false);
    EXPECT_EQ(runs.lost(), lost_at.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mirrorscope
