// SPDX-License-Identifier: Apache-2.0
// Does what is kept of many breaches depend on nothing but the breaches?
#include "analyzer/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace mirrorscope::test {

namespace {
Candidate breach(uint64_t time, const std::string& what, uint64_t width = 100, uint64_t fn = 0) {
  Candidate c;
  c.completing = {time, EV_cb_ret, static_cast<uint16_t>(time % 4), static_cast<uint32_t>(time)};
  c.from = time - width;
  c.fn = fn;
  c.what = what;
  c.evidence = {{{time - width, EV_cb_enter, 0, 1}, "entered"}, {c.completing, "this completes it"}};
  return c;
}

std::multiset<std::string> kept(const Candidates& all) {
  std::multiset<std::string> out;
  all.each([&](const Candidate& c, uint64_t count) {
    out.insert(std::to_string(c.completing.time) + "-" + std::to_string(c.from) + " x" + std::to_string(count) + " " + c.what);
  });
  return out;
}

uint64_t counted(const Candidates& all) {
  uint64_t n = 0;
  all.each([&](const Candidate&, uint64_t count) { n += count; });
  return n;
}
}  // namespace

TEST(Causes, AreTheSentenceWithoutItsNumbers) {
  EXPECT_EQ(cause_of(breach(1000, "[0x7f00, 0x8f00) hits ctx1")), cause_of(breach(2000, "[0x1000, 0x2fff) hits ctx22")));
  EXPECT_NE(cause_of(breach(1000, "[0x7f00, 0x8f00) (clear) hits ctx1")), cause_of(breach(1000, "[0x7f00, 0x8f00) (unmap) hits ctx1")));
  EXPECT_NE(cause_of(breach(1000, "late", 100, 1)), cause_of(breach(1000, "late", 100, 2)));
  Candidate other = breach(1000, "late");
  other.evidence.front().event.id = EV_inv_start;
  EXPECT_NE(cause_of(other), cause_of(breach(1000, "late")));
}

// A noisy cause takes nothing from a rare one.
TEST(Candidates, ARareCauseIsKeptBesideANoisyOne) {
  Candidates all;
  for (uint64_t n = 0; n < 100'000; ++n) all.add(breach(1000 + n, "noise " + std::to_string(n)));
  all.add(breach(200'000, "the new defect"));
  bool found = false;
  all.each([&](const Candidate& c, uint64_t) { found = found || c.what == "the new defect"; });
  EXPECT_TRUE(found);
  EXPECT_TRUE(all.all_causes());
  EXPECT_EQ(counted(all), 100'001u);
  EXPECT_LE(kept(all).size(), 2 * (Candidates::kFirst + Candidates::kSpread));
}

// Of many in doubt one is proven: it is among those kept, wherever it comes, if its stretch of time has none that is narrower.
TEST(Candidates, ANarrowWindowStandsForItsNeighbours) {
  for (uint64_t where : {5u, 500u, 5000u, 9999u}) {
    Candidates all;
    for (uint64_t n = 0; n < 10'000; ++n) all.add(breach(1'000'000 + n, "late " + std::to_string(n), n == where ? 10 : 1000));
    bool found = false;
    all.each([&](const Candidate& c, uint64_t) { found = found || c.completing.time - c.from == 10; });
    EXPECT_TRUE(found) << where;
  }
}

// Whoever judges first, in however many parts: the same breaches are kept, for the same numbers.
TEST(Candidates, NoOrderAndNoDivisionMatters) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::vector<Candidate> list;
    const size_t causes = 1 + random() % 60;
    for (size_t n = 0; n < 3000; ++n)
      list.push_back(breach(1'000'000 + (random() % 1'000'000) * (1 + random() % 1000), "cause " + std::string(1 + random() % causes, 'z'),
                            1 + random() % 5000));
    Candidates whole;
    for (const Candidate& c : list) whole.add(c);
    std::shuffle(list.begin(), list.end(), random);
    for (size_t parts : {1u, 2u, 8u}) {
      std::vector<Candidates> part(parts);
      for (size_t i = 0; i < list.size(); ++i) part[i % parts].add(list[i]);
      Candidates sum;
      for (const Candidates& p : part) sum.add(p);
      ASSERT_EQ(kept(sum), kept(whole)) << "seed " << seed << ", " << parts << " parts";
      ASSERT_EQ(counted(sum), list.size());
      ASSERT_EQ(sum.all_causes(), whole.all_causes());
    }
  }
}

}  // namespace mirrorscope::test
