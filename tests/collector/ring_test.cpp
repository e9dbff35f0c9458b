// SPDX-License-Identifier: Apache-2.0
// What is read from a ring, in which order, and when the kernel gets its room back.
#include "collector/stream/ring.h"

#include <gtest/gtest.h>

#include "fake_ring.h"

namespace mirrorscope {
namespace {

struct RingTest : ::testing::Test {
  testing::FakeRing fake{4096};
  Ring ring{fake.memory()};

  std::byte* reserve(uint64_t value, uint32_t length = 8) {
    std::byte* at = fake.reserve(length);
    if (at) std::memcpy(at, &value, sizeof(value));
    return at;
  }
  // The value of the next record, 0 if there is none.
  uint64_t read() {
    const Ring::Slot slot = ring.next();
    uint64_t value = 0;
    if (!slot.bytes.empty()) std::memcpy(&value, slot.bytes.data(), sizeof(value));
    return value;
  }
};

TEST_F(RingTest, records_come_in_the_order_of_reservation) {
  auto *a = reserve(1), *b = reserve(2);
  fake.submit(b);
  EXPECT_EQ(read(), 0u) << "the first is still being filled";
  fake.submit(a);
  EXPECT_EQ(read(), 1u);
  EXPECT_EQ(read(), 2u);
  EXPECT_EQ(read(), 0u);
}

TEST_F(RingTest, a_discarded_record_is_passed_over) {
  fake.discard(reserve(1));
  fake.submit(reserve(2));
  EXPECT_EQ(read(), 2u);
  EXPECT_EQ(ring.read_to(), ring.produced());
}

TEST_F(RingTest, a_record_at_the_end_of_the_ring_is_contiguous) {
  for (uint64_t i = 1; i < 1000; ++i) {
    auto* at = reserve(i, 104);
    ASSERT_NE(at, nullptr);
    fake.submit(at);
    const Ring::Slot slot = ring.next();
    ASSERT_EQ(slot.bytes.size(), 104u);
    uint64_t value;
    std::memcpy(&value, slot.bytes.data(), sizeof(value));
    ASSERT_EQ(value, i);
    ring.release(ring.read_to());
  }
}

TEST_F(RingTest, room_comes_back_only_by_release) {
  uint64_t n = 0;
  while (auto* at = reserve(n + 1, 56)) fake.submit(at), ++n;
  EXPECT_EQ(n, 63u) << "64 slots of 64 bytes, and a ring is never filled to the last byte";
  const Ring::Slot first = ring.next();
  EXPECT_EQ(reserve(99, 56), nullptr) << "reading alone gives nothing back";
  ring.release(first.position + 64);
  EXPECT_NE(reserve(99, 56), nullptr);
}

}  // namespace
}  // namespace mirrorscope
