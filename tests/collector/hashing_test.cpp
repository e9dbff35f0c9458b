// SPDX-License-Identifier: Apache-2.0
// Which fields are hidden, which are not, and that a name is the same wherever it stands.
#include "collector/stream/hashing.h"

#include <gtest/gtest.h>

#include <set>

namespace mirrorscope {
namespace {

TEST(Hashing, equal_addresses_have_equal_names) {
  Hashing h(Hashing::Addresses::hashed);
  const uint64_t address = 0xffff888012345680;
  const uint64_t name = h.name(address);
  EXPECT_NE(name, address);
  for (uint64_t other = 1; other < 100000; ++other) h.name(other * 64);  // pushes it out of the cache
  EXPECT_EQ(h.name(address), name);
}

TEST(Hashing, another_recording_gives_other_names) {
  Hashing a(Hashing::Addresses::hashed), b(Hashing::Addresses::hashed);
  EXPECT_NE(a.name(0xffff888012345680), b.name(0xffff888012345680));
}

TEST(Hashing, null_and_error_pointers_stay) {
  Hashing h(Hashing::Addresses::hashed);
  EXPECT_EQ(h.name(0), 0u);
  EXPECT_EQ(h.name(static_cast<uint64_t>(-12)), static_cast<uint64_t>(-12));
  EXPECT_EQ(h.name(static_cast<uint64_t>(-4095)), static_cast<uint64_t>(-4095));
  EXPECT_NE(h.name(static_cast<uint64_t>(-4096)), static_cast<uint64_t>(-4096));
}

TEST(Hashing, different_addresses_have_different_names) {
  Hashing h(Hashing::Addresses::hashed);
  std::set<uint64_t> names;
  for (uint64_t i = 0; i < 100000; ++i) names.insert(h.name(0xffff888000000000 + i * 64));
  EXPECT_EQ(names.size(), 100000u);
}

TEST(Hashing, no_name_looks_like_a_kernel_address) {
  Hashing h(Hashing::Addresses::hashed);
  uint64_t alike = 0;  // 15 of a million by chance
  for (uint64_t i = 0; i < 1000000; ++i) alike += h.name(0xffff888000000000 + i * 64) >> 48 == 0xffff ? 1 : 0;
  EXPECT_EQ(alike, 0u);
}

TEST(Hashing, identities_are_hidden_and_nothing_else) {
  Hashing h(Hashing::Addresses::hashed);
  ev_unpin e{};
  e.h.id = EV_unpin;
  e.h.mm = 0xffff888000001000;
  e.h.time = 123;
  e.pages = 0xffff888000002000;
  e.npages = 7;
  e.first = 0x12345;
  h.apply(&e.h);
  EXPECT_EQ(e.h.mm, h.name(0xffff888000001000));
  EXPECT_EQ(e.pages, h.name(0xffff888000002000));
  EXPECT_EQ(e.first, h.name(0x12345));
  EXPECT_EQ(e.npages, 7u);
  EXPECT_EQ(e.h.time, 123u);
}

TEST(Hashing, user_addresses_stay) {
  Hashing h(Hashing::Addresses::hashed);
  ev_inv_end e{};
  e.h.id = EV_inv_end;
  e.start = 0x7f0000001000;
  e.end = 0x7f0000002000;
  h.apply(&e.h);
  EXPECT_EQ(e.start, 0x7f0000001000u);
  EXPECT_EQ(e.end, 0x7f0000002000u);
}

TEST(Hashing, every_frame_of_a_stack_is_hidden) {
  Hashing h(Hashing::Addresses::hashed);
  ev_stack e{};
  e.h.id = EV_stack;
  for (auto& frame : e.frame) frame = 0xffffffff81000000;
  h.apply(&e.h);
  for (auto frame : e.frame) EXPECT_EQ(frame, h.name(0xffffffff81000000));
}

TEST(Hashing, raw_leaves_everything) {
  Hashing h(Hashing::Addresses::raw);
  ev_sub_remove e{};
  e.h.id = EV_sub_remove;
  e.sub = 0xffff888000001000;
  h.apply(&e.h);
  EXPECT_EQ(e.sub, 0xffff888000001000u);
  EXPECT_EQ(h.name(42), 42u);
}

}  // namespace
}  // namespace mirrorscope
