// SPDX-License-Identifier: Apache-2.0
// Is a stream that is gone, short, moved in time or not the recorder's noticed, and a whole one not doubted?
#include "analyzer/losses/accounts.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "analyzer/losses/intake.h"

namespace mirrorscope::test {

namespace {
// A recorder with two CPUs that makes a record a microsecond and accounts every hundred.
class Accounts : public testing::Test {
 protected:
  Accounts() { accounts.begin({.recorded = true}); }

  static ev_header record(uint16_t cpu, uint32_t seq, uint64_t time) { return {time, EV_inv_start, cpu, seq, 0xaa00, 1, 1}; }
  static ev_cpu_account account(uint16_t cpu, uint64_t next, uint64_t last_time, uint64_t time, bool last = false) {
    ev_cpu_account a{};
    a.h = {time, EV_cpu_account, MS_ABOUT_CPU, 0, 0, 0, 0};
    a.next = a.delivered = next;
    a.last_time = last_time;
    a.on_cpu = cpu;
    a.last = last;
    return a;
  }
  void take(const ev_header& h) {
    if (!accounts.follows(h)) accounts.take(h, losses);
  }
  uint64_t of(uint32_t cause) const {
    for (const LossCount& c : losses.counts())
      if (c.cause == cause) return c.count ? c.count : UINT64_MAX;
    return 0;
  }
  static uint64_t at(uint32_t seq) { return 1'000'000 + seq * uint64_t{1000}; }

  StreamAccounts accounts;
  LossLog losses;
};
}  // namespace

TEST_F(Accounts, AWholeStreamIsNotDoubted) {
  for (uint32_t n = 0; n < 1000; ++n) {
    take(record(0, n, at(n)));
    if (n % 100 == 99) accounts.take(account(0, n + 1, at(n), at(n) + 10), losses);
  }
  // made while more of it had come already: those lie behind it
  accounts.take(account(0, 1003, at(1002), at(999) + 20), losses);
  for (uint32_t n = 1000; n < 1003; ++n) take(record(0, n, at(n)));
  accounts.take(account(0, 1003, at(1002), at(1002), true), losses);
  accounts.finish({at(1003), at(1003), true}, losses);
  EXPECT_TRUE(losses.empty());
  EXPECT_EQ(accounts.delivered(), 1003u);
}

TEST_F(Accounts, AStreamThatIsNotThere) {
  for (uint32_t n = 0; n < 500; ++n) take(record(0, n, at(n)));
  accounts.take(account(0, 500, at(499), at(499), true), losses);
  accounts.take(account(1, 300, at(450), at(499), true), losses);
  accounts.finish({at(500), at(500), true}, losses);
  EXPECT_EQ(of(MS_loss_stream_short), 300u);
  EXPECT_TRUE(losses.overlaps(at(0), at(1), {}));
  EXPECT_TRUE(losses.overlaps(at(450), at(451), {}));
}

TEST_F(Accounts, AStreamThatBreaksOff) {
  for (uint32_t n = 0; n < 250; ++n) {
    take(record(0, n, at(n)));
    if (n % 100 == 99) accounts.take(account(0, n + 1, at(n), at(n) + 10), losses);
  }
  for (uint32_t n = 300; n <= 600; n += 100) accounts.take(account(0, n, at(n - 1), at(n)), losses);
  accounts.finish({at(600), at(600), true}, losses);
  EXPECT_EQ(of(MS_loss_stream_short), 350u);
  EXPECT_FALSE(losses.overlaps(at(0), at(198), {})) << "in front of the last record that was counted nothing is in doubt";
  EXPECT_TRUE(losses.overlaps(at(200), at(201), {})) << "the numbers may have been closed up";
  EXPECT_TRUE(losses.overlaps(at(250), at(251), {}));
  EXPECT_TRUE(losses.overlaps(at(599), at(599), {}));
}

// The recorder says which probes it has before they make a record: a first packet that is another recording's is older than all that.
TEST_F(Accounts, ARecordFromBeforeTheRecorder) {
  const auto doubted = [](const TraceFacts& facts, uint16_t first) {
    Intake intake(facts);
    intake.take(record(first, 0, at(0)));
    return intake.losses().overlaps(at(0), at(500), {});
  };
  EXPECT_TRUE(doubted({.recorded = true}, 0));
  EXPECT_FALSE(doubted({.recorded = true}, MS_ABOUT_CPU));
  EXPECT_FALSE(doubted({.recorded = true, .begins_in_middle = true}, 0));
  EXPECT_FALSE(doubted({}, 0)) << "a model has no recorder";
}

// A stream of something else, under a number that the recorder had no CPU for.
TEST_F(Accounts, AStreamThatNobodyCounted) {
  for (uint32_t n = 0; n < 100; ++n) {
    take(record(0, n, at(n)));
    take(record(5, n, at(n)));
  }
  accounts.take(account(0, 100, at(99), at(99), true), losses);
  accounts.finish({at(99), at(99), true}, losses);
  EXPECT_EQ(of(MS_loss_no_account), UINT64_MAX);
  EXPECT_TRUE(losses.overlaps(at(0), at(1), {}));
}

TEST_F(Accounts, RecordsBehindTheLastAccount) {
  for (uint32_t n = 0; n < 110; ++n) {
    if (n == 100) accounts.take(account(0, 100, at(99), at(99), true), losses);
    take(record(0, n, at(n)));
  }
  accounts.finish({at(110), at(99), true}, losses);
  EXPECT_EQ(of(MS_loss_no_account), UINT64_MAX);
}

// In the place of some records stand those of another recording: there is a gap, and what lies behind it is not of this machine's time.
TEST_F(Accounts, RecordsOfAnotherTimeBehindAGap) {
  for (uint32_t n = 0; n < 50; ++n) take(record(0, n, at(n)));
  accounts.take(account(0, 200, at(199), at(200), true), losses);
  take(record(0, 70, at(9000)));
  EXPECT_EQ(of(MS_loss_clock), UINT64_MAX);
  EXPECT_TRUE(losses.overlaps(at(0), at(1), {}));
}

// A recorder that was killed had not yet counted what came last, and not at all a CPU that had only begun.
TEST_F(Accounts, AKilledRecorderHadNotYetCounted) {
  for (uint32_t n = 0; n < 110; ++n) {
    if (n == 100) accounts.take(account(0, 100, at(99), at(99)), losses);
    take(record(0, n, at(n)));
  }
  for (uint32_t n = 0; n < 5; ++n) take(record(1, n, at(111 + n)));
  accounts.finish({at(115), at(99), false}, losses);
  EXPECT_TRUE(losses.empty());
}

// The same where the CPU that had only begun is one of a lower number.
TEST_F(Accounts, AKilledRecorderHadNotYetCountedTheFirstCpu) {
  for (uint32_t n = 0; n < 110; ++n) {
    if (n == 100) accounts.take(account(1, 100, at(99), at(99)), losses);
    take(record(1, n, at(n)));
  }
  for (uint32_t n = 0; n < 5; ++n) take(record(0, n, at(111 + n)));
  accounts.finish({at(115), at(99), false}, losses);
  EXPECT_TRUE(losses.empty());
}

// Full rings at the very end are said by the recorder itself and are no missing stream.
TEST_F(Accounts, WhatWasLostBehindTheLastRecordIsNotCountedAgain) {
  for (uint32_t n = 0; n < 100; ++n) take(record(0, n, at(n)));
  ev_cpu_account a = account(0, 100, at(99), at(200), true);
  a.lost = 20;
  accounts.take(a, losses);
  accounts.finish({at(200), at(200), true}, losses);
  EXPECT_TRUE(losses.empty());
}

TEST_F(Accounts, AStreamBeginsAtZero) {
  take(record(0, 40, at(40)));
  EXPECT_EQ(of(MS_loss_gap), 40u);
  EXPECT_TRUE(losses.overlaps(0, 1, {}));
  StreamAccounts middle;
  LossLog log;
  middle.begin({.recorded = true, .begins_in_middle = true});
  ev_header h = record(1, 40, at(40));
  EXPECT_TRUE(middle.take(h, log));
  ASSERT_EQ(log.counts().size(), 1u);
  EXPECT_EQ(log.counts()[0].cause, MS_loss_deleted);
}

// A recording that keeps its newest segments, after three billion records of a CPU: nothing is wrong with its clock.
TEST_F(Accounts, AFrontOfMoreThanTwoToThe31IsDeleted) {
  constexpr uint32_t first = 3'000'000'000;
  for (const bool account_first : {false, true}) {
    StreamAccounts middle;
    LossLog log;
    middle.begin({.recorded = true, .begins_in_middle = true});
    if (account_first) middle.take(account(0, uint64_t{first} + 100, at(99), at(0)), log);
    for (uint32_t n = 0; n < 100; ++n) {
      const ev_header h = record(0, first + n, at(n));
      if (!middle.follows(h)) middle.take(h, log);
    }
    middle.take(account(0, uint64_t{first} + 100, at(99), at(100), true), log);
    middle.finish({at(100), at(100), true}, log);
    ASSERT_EQ(log.counts().size(), 1u) << account_first;
    EXPECT_EQ(log.counts()[0].cause, MS_loss_deleted);
    EXPECT_EQ(log.counts()[0].count, first);
  }
}

TEST_F(Accounts, ACaseMayBeginAnywhere) {
  StreamAccounts c;
  LossLog log;
  c.begin({});
  EXPECT_FALSE(c.take(record(0, 40, at(40)), log));
  EXPECT_TRUE(log.empty());
}

TEST_F(Accounts, TimesThatAreNotThoseOfTheRecorder) {
  for (const int64_t moved : {-1'000'000'000ll, -20'000ll, 20'000ll, 1'000'000'000ll}) {
    StreamAccounts c;
    LossLog log;
    c.begin({.recorded = true});
    // the streams as a merge would give them
    std::vector<std::pair<uint64_t, int>> order;  // time, record number or -1 - account
    for (int n = 0; n < 1000; ++n) order.emplace_back(static_cast<uint64_t>(static_cast<int64_t>(10'000'000'000 + at(static_cast<uint32_t>(n))) + moved), n);
    for (int n = 100; n <= 1000; n += 100) order.emplace_back(10'000'000'000 + at(static_cast<uint32_t>(n - 1)) + 10, -n);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [time, what] : order) {
      if (what >= 0) {
        const ev_header h = record(0, static_cast<uint32_t>(what), time);
        if (!c.follows(h)) c.take(h, log);
      } else {
        c.take(account(0, static_cast<uint64_t>(-what), time - 10, time, what == -1000), log);
      }
    }
    c.finish({order.back().first, 0, false}, log);
    bool said = false;
    for (const LossCount& l : log.counts()) said = said || l.cause == MS_loss_clock;
    EXPECT_TRUE(said) << moved;
    EXPECT_TRUE(log.unrepaired({})) << moved;
  }
}

// A Writer moves the first records of a packet by a nanosecond or a few: that is no other clock.
TEST_F(Accounts, AFewNanosecondsAreTheSameClock) {
  for (uint32_t n = 0; n < 100; ++n) take(record(0, n, at(n) + (n == 99 ? 3 : 0)));
  accounts.take(account(0, 100, at(99), at(100), true), losses);
  EXPECT_TRUE(losses.empty());
}

TEST_F(Accounts, CpusOfLargeMachines) {
  for (uint16_t cpu : {uint16_t{1023}, uint16_t{1024}, uint16_t{2047}, uint16_t{65000}})
    for (uint32_t n = 0; n < 10; ++n) take(record(cpu, n, at(n)));
  EXPECT_TRUE(losses.empty());
}

// follows() is there to be fast: who asks it first and who only takes come to the same, whatever became of numbers, times and accounts.
TEST_F(Accounts, TheShortWayFindsWhatTheLongOneDoes) {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random() % end); };
    StreamAccounts quick, slow;
    quick.begin({.recorded = true});
    slow.begin({.recorded = true});
    LossLog by_quick, by_slow;
    uint32_t next = 0;
    int64_t off = 0;  // of the clock
    for (int i = 0; i < 60; ++i) {
      if (below(20) == 0) off = static_cast<int64_t>(below(3)) * 400'000 - 400'000;
      if (below(20) == 0) next += below(3);
      if (below(8) == 0) {
        const uint32_t counted = next + below(4) - below(2);
        const ev_cpu_account a = account(0, counted, at(counted) - 1000, at(next) + below(2) * 3000);
        EXPECT_EQ(quick.take(a, by_quick), slow.take(a, by_slow)) << seed;
        continue;
      }
      const ev_header h = record(0, next, at(next) + static_cast<uint64_t>(off) + (below(10) ? 0 : below(3000)));
      ++next;
      const bool missing = slow.take(h, by_slow);
      EXPECT_EQ(!quick.follows(h) && quick.take(h, by_quick), missing) << seed;
    }
    const StreamAccounts::End end{at(next), at(next), below(2) == 0};
    quick.finish(end, by_quick);
    slow.finish(end, by_slow);
    const auto one = by_quick.counts(), other = by_slow.counts();
    ASSERT_EQ(one.size(), other.size()) << seed;
    for (size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].cause, other[i].cause) << seed;
      EXPECT_EQ(one[i].count, other[i].count) << seed;
      EXPECT_EQ(one[i].from, other[i].from) << seed;
      EXPECT_EQ(one[i].until, other[i].until) << seed;
    }
  }
}

TEST_F(Accounts, HeadsOfPacketsThatCountLosses) {
  for (uint32_t n = 0; n < 100; ++n) take(record(0, n, at(n)));
  accounts.heads_say(0, 0, losses);
  EXPECT_TRUE(losses.empty());
  accounts.heads_say(0, 12, losses);
  EXPECT_EQ(of(MS_loss_discarded), 12u);
}

}  // namespace mirrorscope::test
