// SPDX-License-Identifier: Apache-2.0
// When a missing number is lost, when it is only late, and that the books balance for every way programs can nest.
#include "collector/stream/sequence.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mirrorscope {
namespace {

// A story in the words of the ring: what came out is one line of text. Record = its number; time = 10 * number; every
// record occupies one position.
struct SequenceTest : ::testing::Test {
  Sequence<uint64_t> sequence{5};
  std::string out;
  uint64_t position = 0;

  auto deliver() {
    return [this](uint64_t record) { out += std::to_string(record) + " "; };
  }
  auto lose() {
    return [this](Gap gap) {
      out += "lost(" + std::to_string(gap.count) + " in " + std::to_string(gap.from) + ".." +
             std::to_string(gap.until) + ") ";
    };
  }
  void arrive(uint64_t number) {
    sequence.arrive(static_cast<uint32_t>(number), 10 * number, position++, number, deliver());
  }
  // The ring was read to here; the producer stands `ahead` records further.
  void settle(uint64_t ahead = 0) { sequence.settle(position, position + ahead, deliver(), lose()); }
  void settle_below(uint64_t number, uint64_t now) { sequence.settle_below(number, now, deliver(), lose()); }
};

TEST_F(SequenceTest, numbers_in_order_pass_through) {
  for (uint64_t n : {0, 1, 2}) arrive(n);
  EXPECT_EQ(out, "0 1 2 ");
}

TEST_F(SequenceTest, a_preempted_program_takes_the_later_number) {
  arrive(0);
  arrive(3);  // reserved first, was preempted twice before it took its number
  arrive(2);
  arrive(1);
  EXPECT_EQ(out, "0 1 2 3 ");
  EXPECT_FALSE(sequence.waiting());
}

TEST_F(SequenceTest, a_gap_is_lost_when_the_ring_was_read_to_the_promise) {
  arrive(0);
  arrive(4);
  settle(2);
  EXPECT_EQ(out, "0 ") << "two records are still behind us, they may be 1 and 2";
  arrive(5);
  settle(7);
  EXPECT_EQ(out, "0 ") << "what was reserved later does not postpone the promise, and 2 has not come yet";
  arrive(2);
  settle(7);
  EXPECT_EQ(out, "0 lost(1 in 0..20) 2 lost(1 in 20..40) 4 5 ");
}

TEST_F(SequenceTest, a_late_record_closes_its_gap) {
  arrive(0);
  arrive(2);
  settle(1);
  arrive(1);
  settle();
  EXPECT_EQ(out, "0 1 2 ");
  EXPECT_EQ(sequence.lost(), 0u);
}

TEST_F(SequenceTest, a_gap_behind_the_promise_needs_its_own) {
  arrive(1);
  settle(1);  // promises {1, 2}
  arrive(4);  // 2 and 3 may have been reserved after that
  settle(1);
  EXPECT_EQ(out, "lost(1 in 5..10) 1 ");
  arrive(2);
  settle();
  EXPECT_EQ(out, "lost(1 in 5..10) 1 2 lost(1 in 20..40) 4 ");
}

TEST_F(SequenceTest, the_cpu_counter_finds_what_was_lost_at_the_end) {
  arrive(0);
  settle_below(3, 77);
  EXPECT_EQ(out, "0 lost(2 in 0..77) ");
  arrive(3);
  EXPECT_EQ(out, "0 lost(2 in 0..77) 3 ");
}

TEST_F(SequenceTest, settling_below_leaves_what_is_not_covered) {
  arrive(1);
  arrive(5);
  settle_below(3, 77);
  EXPECT_EQ(out, "lost(1 in 5..10) 1 lost(1 in 10..50) ");
  EXPECT_TRUE(sequence.waiting()) << "3 and 4 are not promised";
  EXPECT_EQ(sequence.next(), 3u);
}

TEST_F(SequenceTest, nothing_that_waits_may_be_released) {
  arrive(0);
  EXPECT_EQ(sequence.held(), std::nullopt);
  arrive(5);
  arrive(3);
  EXPECT_EQ(sequence.held(), 1u);
}

TEST_F(SequenceTest, the_counter_in_the_record_wraps) {
  Sequence<uint64_t> s(0);
  const uint64_t limit = uint64_t{1} << 32;
  s.settle_below(limit - 1, 0, deliver(), lose());
  for (uint64_t n : {limit - 1, limit + 1, limit})
    s.arrive(static_cast<uint32_t>(n), n, n, n, [&](uint64_t record) { out += record == limit ? "wrapped " : "x "; });
  EXPECT_EQ(out, "lost(4294967295 in 0..0) x wrapped x ");
  EXPECT_EQ(s.next(), limit + 2);
}

TEST_F(SequenceTest, a_number_that_was_given_up_is_not_delivered_twice) {
  arrive(0);
  settle_below(2, 77);
  arrive(1);
  EXPECT_EQ(sequence.late(), 1u);
  EXPECT_EQ(out, "0 lost(1 in 0..77) ");
}

// Programs that nest at random, a ring that is full at random, a reader that reads at random: whatever happens, each
// number is delivered in order or counted as lost exactly if its program found no room.
TEST(SequenceBooks, balance_for_every_nesting) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    struct Slot {
      bool submitted = false;
      uint64_t number = 0;
    };
    std::vector<Slot> ring;
    std::vector<size_t> running;  // slots of programs that have reserved and not submitted, innermost last
    std::vector<bool> dropped;    // by number
    uint64_t next_number = 0, read_to = 0, delivered = 0, lost = 0, last = 0;
    Sequence<uint64_t> sequence(0);
    auto deliver = [&](uint64_t number) {
      ASSERT_TRUE(delivered + lost == number) << "seed " << seed;
      ASSERT_FALSE(dropped[number]) << "seed " << seed;
      ++delivered;
      last = number;
    };
    auto lose = [&](Gap gap) {
      for (uint64_t i = 0; i < gap.count; ++i) ASSERT_TRUE(dropped[delivered + lost + i]) << "seed " << seed;
      lost += gap.count;
    };
    auto read = [&] {
      for (; read_to < ring.size() && ring[read_to].submitted; ++read_to)
        sequence.arrive(static_cast<uint32_t>(ring[read_to].number), ring[read_to].number, read_to,
                        ring[read_to].number, deliver);
    };
    struct Promise {
      uint64_t number, position;
    };
    std::optional<Promise> tick;
    for (int step = 0; step < 2000; ++step) {
      if (chance(45) && running.size() < 4) {
        if (chance(30)) {
          dropped.push_back(true);
          ++next_number;
        } else {
          running.push_back(ring.size());
          ring.push_back({});
        }
      } else if (chance(50) && !running.empty()) {
        Slot& slot = ring[running.back()];
        running.pop_back();
        dropped.push_back(false);
        slot = {true, next_number++};
      }
      if (chance(20)) {
        read();
        sequence.settle(read_to, ring.size(), deliver, lose);
      }
      if (chance(5) && !tick) tick = Promise{next_number, ring.size()};
      if (tick && read_to >= tick->position) {
        sequence.settle_below(tick->number, 0, deliver, lose);
        tick.reset();
      }
    }
    while (!running.empty()) {
      ring[running.back()] = {true, next_number++};
      running.pop_back();
      dropped.push_back(false);
    }
    read();
    sequence.settle_below(next_number, 0, deliver, lose);
    EXPECT_EQ(sequence.next(), next_number);
    EXPECT_EQ(delivered + lost, next_number);
    EXPECT_EQ(sequence.delivered(), delivered);
    EXPECT_EQ(sequence.lost(), lost);
    EXPECT_EQ(sequence.late(), 0u);
  }
}

}  // namespace
}  // namespace mirrorscope
