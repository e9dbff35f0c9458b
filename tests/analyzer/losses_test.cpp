// SPDX-License-Identifier: Apache-2.0
// Is every loss a place in bounded memory, and is each record counted once?
#include "analyzer/losses/losses.h"

#include <gtest/gtest.h>

#include <random>

namespace mirrorscope::test {

TEST(Stretches, AreWhatWasAdded) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    Stretches s;
    std::vector<bool> lost(400);
    for (int n = 0; n < 20; ++n) {
      const uint64_t from = random() % 390, until = from + random() % 10;
      s.add(from, until);
      for (uint64_t t = from; t <= until; ++t) lost[t] = true;
    }
    for (uint64_t from = 0; from < 400; ++from)
      for (uint64_t until = from; until < std::min<uint64_t>(400, from + 12); ++until) {
        bool any = false;
        for (uint64_t t = from; t <= until; ++t) any = any || lost[t];
        ASSERT_EQ(s.overlaps(from, until), any) << from << " to " << until << " in round " << round;
      }
  }
}

// A million losses are a few thousand places, and none of them is without doubt.
TEST(Stretches, StayBounded) {
  Stretches s;
  std::mt19937_64 random(2);
  std::vector<uint64_t> places;
  for (int n = 0; n < 1'000'000; ++n) {
    const uint64_t at = random() >> 1;
    s.add(at, at + 10);
    if (n % 1000 == 0) places.push_back(at);
  }
  EXPECT_LE(s.size(), Stretches::kMost);
  for (uint64_t at : places) EXPECT_TRUE(s.overlaps(at + 3, at + 4));
  EXPECT_FALSE(s.overlaps(UINT64_MAX - 1, UINT64_MAX));
}

TEST(LossLog, ARecordThatIsLostIsCountedOnce) {
  LossLog log;
  log.add({100, 200, 7, MS_loss_ring_full, 0, 1});
  log.add({100, 200, 7, MS_loss_gap, 0, 1});
  EXPECT_EQ(log.total(), 7u);
  log.add({300, 400, 3, MS_loss_gap, 0, 0});  // nobody says why
  EXPECT_EQ(log.total(), 10u);
  log.add({500, 600, 5, MS_loss_stream_short, 0, 0});
  EXPECT_EQ(log.total(), 15u);
  log.take_back(MS_loss_stream_short, 5);
  EXPECT_EQ(log.total(), 10u);
}

// A loss whose number is not known is no "nothing lost".
TEST(LossLog, UnknownNumbersAreSaid) {
  LossLog log;
  log.add({0, UINT64_MAX, 0, MS_loss_clock, 0, 3});
  ASSERT_EQ(log.counts().size(), 1u);
  EXPECT_EQ(log.counts()[0].cause, MS_loss_clock);
  EXPECT_TRUE(log.unrepaired({}));
  EXPECT_TRUE(log.overlaps(5, 6, {}));
}

TEST(LossLog, OfOneEventOnly) {
  LossLog log;
  log.add({100, 200, 1, MS_loss_skipped, EV_inv_end, -1});
  EventSet starts, ends;
  starts.set(EV_inv_start);
  ends.set(EV_inv_end);
  EXPECT_FALSE(log.overlaps(150, 160, starts));
  EXPECT_TRUE(log.overlaps(150, 160, ends));
  EXPECT_FALSE(log.overlaps(201, 300, ends));
  EXPECT_TRUE(log.unrepaired(ends));
  log.witnessed(EV_inv_end, 1);
  EXPECT_FALSE(log.unrepaired(ends));
  EXPECT_EQ(log.repaired(), 1u);
}

}  // namespace mirrorscope::test
