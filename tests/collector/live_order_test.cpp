// SPDX-License-Identifier: Apache-2.0
// What is let through by a settlement, and in which order.
#include "collector/stream/live_order.h"

#include <gtest/gtest.h>

#include <string>

#include "trace/format.h"

namespace mirrorscope {
namespace {

struct LiveOrderTest : ::testing::Test {
  std::string out;
  LiveOrder order{[this](const ev_header& h) {
    out += std::to_string(h.time) + "@" + (h.cpu == trace::about_stream ? "about" : std::to_string(h.cpu)) + " ";
  }};

  void on(LiveOrder& o, uint16_t cpu, std::initializer_list<uint64_t> times) {
    std::vector<ev_mn_free> records;
    for (uint64_t t : times) {
      ev_mn_free e{};
      e.h.id = EV_mn_free;
      e.h.cpu = cpu;
      e.h.time = t;
      records.push_back(e);
    }
    o.take(cpu, &records.data()->h, records.size() * sizeof(ev_mn_free));
  }
  void on(uint16_t cpu, std::initializer_list<uint64_t> times) { on(order, cpu, times); }
  void settle(uint64_t time) {
    ev_loss_settled e{};
    e.h.id = EV_loss_settled;
    e.h.cpu = trace::about_stream;
    e.h.time = time;
    order.take(trace::about_stream, &e.h, sizeof(e));
  }
};

TEST_F(LiveOrderTest, nothing_passes_before_it_is_settled) {
  on(0, {1, 2});
  EXPECT_EQ(out, "");
}

TEST_F(LiveOrderTest, a_settlement_lets_through_what_is_not_younger) {
  on(1, {2, 4, 7});
  on(0, {1, 3, 5, 6});
  settle(5);
  EXPECT_EQ(out, "1@0 2@1 3@0 4@1 5@0 5@about ");
  on(0, {8});
  order.finish();
  EXPECT_EQ(out, "1@0 2@1 3@0 4@1 5@0 5@about 6@0 7@1 8@0 ");
}

TEST_F(LiveOrderTest, at_equal_times_the_lower_stream_is_first) {
  on(1, {5, 5});
  on(0, {5, 6});
  settle(5);
  EXPECT_EQ(out, "5@0 5@1 5@1 5@about ");
}

TEST_F(LiveOrderTest, memory_is_bounded) {
  LiveOrder small([this](const ev_header&) { out += "x"; }, 3 * sizeof(ev_mn_free));
  on(small, 0, {1, 2, 3});
  EXPECT_FALSE(small.overflowed());
  on(small, 0, {4});
  EXPECT_TRUE(small.overflowed());
  small.finish();
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace mirrorscope
