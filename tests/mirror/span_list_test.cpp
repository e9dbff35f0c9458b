// SPDX-License-Identifier: Apache-2.0
// A SpanList says of every range what a list that is searched from end to end says, whether it is an array or a tree by then.
#include "driver-model/mirror/span_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace mirrorscope {
namespace {

struct Thing {
  uint64_t start, last;
};

// In the order in which a SpanList visits: by first byte, of two with one the younger first.
class Model {
 public:
  void add(Thing* t) {
    const auto at = std::find_if(things_.begin(), things_.end(), [&](const Thing* o) { return o->start >= t->start; });
    things_.insert(at, t);
  }
  void remove(const Thing* t) { std::erase(things_, t); }
  std::vector<const Thing*> overlapping(uint64_t start, uint64_t last) const {
    std::vector<const Thing*> met;
    for (const Thing* t : things_)
      if (t->start <= last && t->last >= start) met.push_back(t);
    return met;
  }
  const std::vector<Thing*>& all() const { return things_; }

 private:
  std::vector<Thing*> things_;
};

std::vector<const Thing*> met_by(const SpanList<Thing>& list, uint64_t start, uint64_t last) {
  std::vector<const Thing*> met;
  EXPECT_TRUE(list.overlapping(start, last, [&](const Thing& t) { met.push_back(&t); }));
  return met;
}

// `room`: of addresses; small, many lie over each other. `longest`: of a thing.
void churn(size_t most, uint64_t room, uint64_t longest) {
  std::mt19937_64 random{most + room};
  SpanList<Thing> list;
  Model model;
  std::deque<Thing> things;
  for (int step = 0; step < 6000; ++step) {
    const bool grows = model.all().size() < most && random() % 8 < (step / 2000 == 1 ? 3u : 6u);
    if (grows || model.all().empty()) {
      const uint64_t start = random() % room;
      Thing& t = things.emplace_back(Thing{start, start + random() % longest});
      list.add(t.start, t.last, &t);
      model.add(&t);
    } else {
      Thing* t = model.all()[random() % model.all().size()];
      list.remove(t->start, t);
      model.remove(t);
    }
    ASSERT_EQ(list.size(), model.all().size());
    const uint64_t from = random() % room, to = from + random() % longest;
    ASSERT_EQ(met_by(list, from, to), model.overlapping(from, to)) << step;
  }
  std::vector<const Thing*> all;
  list.each([&](const Thing& t) { all.push_back(&t); });
  EXPECT_EQ(all, model.overlapping(0, UINT64_MAX));
  list.clear();
  EXPECT_EQ(list.size(), 0u);
}

TEST(SpanList, Few) { churn(20, 1000, 50); }
TEST(SpanList, ManySideBySide) { churn(3000, 1u << 20, 300); }
TEST(SpanList, ManyOverEachOther) { churn(1500, 64, 64); }
TEST(SpanList, AllFromOneByte) { churn(1500, 1, 4096); }
TEST(SpanList, ToTheEndOfAllAddresses) {
  SpanList<Thing> list;
  std::deque<Thing> things;
  for (uint64_t i = 0; i < 600; ++i) {
    Thing& t = things.emplace_back(Thing{UINT64_MAX - i, UINT64_MAX});
    list.add(t.start, t.last, &t);
  }
  EXPECT_EQ(met_by(list, UINT64_MAX, UINT64_MAX).size(), 600u);
  EXPECT_EQ(met_by(list, 0, UINT64_MAX - 600).size(), 0u);
}

TEST(SpanList, AVisitMayEndIt) {
  for (const uint64_t n : {uint64_t{10}, uint64_t{1000}}) {
    SpanList<Thing> list;
    std::deque<Thing> things;
    for (uint64_t i = 0; i < n; ++i) {
      Thing& t = things.emplace_back(Thing{i, i});
      list.add(i, i, &t);
    }
    size_t visited = 0;
    EXPECT_TRUE(list.overlapping(0, UINT64_MAX, [&](const Thing&) { return ++visited < 3; }));
    EXPECT_EQ(visited, 3u);
  }
}

// More than anybody looks at: it says so.
TEST(SpanList, MoreThanAnybodyLooksAt) {
  SpanList<Thing> list;
  std::deque<Thing> things;
  for (uint64_t i = 0; i < SpanList<Thing>::kMostMet; ++i) list.add(i, UINT64_MAX, &things.emplace_back(Thing{i, UINT64_MAX}));
  EXPECT_TRUE(list.overlapping(0, UINT64_MAX, [](const Thing&) {}));
  list.add(7, 7, &things.emplace_back(Thing{7, 7}));
  size_t visited = 0;
  EXPECT_FALSE(list.overlapping(0, UINT64_MAX, [&](const Thing&) { ++visited; }));
  EXPECT_EQ(visited, SpanList<Thing>::kMostMet);
}

}  // namespace
}  // namespace mirrorscope
