// SPDX-License-Identifier: Apache-2.0
// A Table behaves as std::unordered_map does, whatever comes and goes in whatever order.
#include "driver-model/mirror/table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace mirrorscope {
namespace {

struct Thing {
  uint64_t value = 0;
};

void expect_equal(const Table<Thing>& table, const std::unordered_map<uint64_t, uint64_t>& model) {
  ASSERT_EQ(table.size(), model.size());
  for (const auto& [key, value] : model) {
    const Thing* found = table.find(key);
    ASSERT_NE(found, nullptr) << key;
    ASSERT_EQ(found->value, value) << key;
  }
  size_t seen = 0;
  table.each([&](const Thing& thing) {
    ++seen;
    ASSERT_NE(thing.value, 0u);
  });
  ASSERT_EQ(seen, model.size());
}

// `stride` spreads the keys as addresses of objects of that size; few keys make many of them come back.
void churn(uint64_t base, uint64_t stride, uint64_t keys) {
  std::mt19937_64 random{stride};
  Table<Thing> table;
  std::unordered_map<uint64_t, uint64_t> model;
  for (uint64_t step = 1; step <= 20'000; ++step) {
    const uint64_t key = base + random() % keys * stride;
    if (random() % 2) {
      bool made = false;
      Thing& thing = table.get(key, &made);
      ASSERT_EQ(made, model.count(key) == 0);
      ASSERT_EQ(thing.value, made ? 0 : model[key]);
      thing.value = model[key] = step;
    } else {
      table.erase(key);
      model.erase(key);
      ASSERT_EQ(table.find(key), nullptr);
    }
    if (step % 500 == 0) expect_equal(table, model);
  }
  table.erase_if([](const Thing& thing) { return thing.value % 2 == 1; });
  std::erase_if(model, [](const auto& entry) { return entry.second % 2 == 1; });
  expect_equal(table, model);
}

TEST(Table, NumbersFromZeroOn) { churn(0, 1, 40); }
TEST(Table, KernelAddresses) { churn(0xffff888000000000, 0x40, 3000); }
TEST(Table, PagesFarApart) { churn(0xffffc90000000000, uint64_t{1} << 32, 300); }

TEST(Table, AnObjectStaysWhereItIsWhileTheTableGrows) {
  Table<Thing> table;
  Thing* first = &table.get(7);
  for (uint64_t key = 100; key < 5000; ++key) table.get(key);
  EXPECT_EQ(table.find(7), first);
}

TEST(Table, AFreedSlotIsMadeAnew) {
  Table<Thing> table;
  table.get(1).value = 5;
  table.erase(1);
  EXPECT_EQ(table.get(2).value, 0u);
}

}  // namespace
}  // namespace mirrorscope
