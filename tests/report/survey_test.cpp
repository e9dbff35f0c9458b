// SPDX-License-Identifier: Apache-2.0
// What the page counts: latencies, spans, ranges that come back, bins of time and places of losses.
#include "report/page/survey.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <tuple>

namespace mirrorscope {
namespace {
using testing::ElementsAre;

// Records in the order in which they were made; a task per CPU. Each is gone when it has been told, as in a packet that was left.
class Story {
 public:
  template <typename Event>
  Event& add(uint16_t id, uint64_t time, uint32_t tid, const Event& event) {
    records_.emplace_back(sizeof(Event));
    auto& e = *new (records_.back().data()) Event(event);
    e.h = {.time = time, .id = id, .cpu = static_cast<uint16_t>(tid), .seq = next_[tid]++, .mm = 0xaa, .tid = tid, .tgid = 1};
    return e;
  }
  template <typename Sink>
  void tell(Sink& sink) const {
    for (const auto& bytes : records_) {
      const auto told = std::make_unique<std::vector<uint64_t>>(bytes);
      sink.see(*reinterpret_cast<const ev_header*>(told->data()));
      std::fill(told->begin(), told->end(), ~uint64_t{0});
    }
  }
  void lose(uint32_t tid, uint32_t count) { next_[tid] += count; }

 private:
  std::deque<std::vector<uint64_t>> records_;  // more than enough room, aligned
  std::map<uint32_t, uint32_t> next_;
};

void invalidate(Story& s, uint64_t time, uint64_t start, uint64_t end, uint32_t reason = MS_reason_unmap) {
  ev_inv_start e{};
  e.range = 0x10, e.start = start, e.end = end, e.reason = reason;
  s.add(EV_inv_start, time, 1, e);
}

void look_up(Story& s, uint64_t time, uint64_t start, uint64_t end, int ret = 0) {
  ev_range_fault_ret e{};
  e.start = start, e.end = end, e.ret = ret;
  s.add(EV_range_fault_ret, time, 2, e);
}

TEST(latency, buckets_are_without_holes_and_an_eighth_of_a_doubling_wide) {
  for (const uint64_t ns : {0ull, 1ull, 7ull, 8ull, 9ull, 15ull, 16ull, 1000ull, 123456789ull, 1ull << 62}) {
    const size_t bucket = Latency::bucket_of(ns);
    EXPECT_LE(Latency::bucket_begin(bucket), ns);
    EXPECT_GT(Latency::bucket_begin(bucket + 1), ns);
    EXPECT_LE(Latency::bucket_begin(bucket + 1) - Latency::bucket_begin(bucket), std::max<uint64_t>(1, ns / 8)) << ns;
  }
}

TEST(latency, a_callback_has_a_row_per_reason) {
  Story s;
  for (uint64_t i = 0; i < 100; ++i) {
    ev_cb_enter enter{};
    enter.fn = 0xf1, enter.reason = i < 99 ? MS_reason_clear : MS_reason_unmap;
    s.add(EV_cb_enter, 1000 * i, 1, enter);
    s.add(EV_cb_ret, 1000 * i + i + 1, 1, ev_cb_ret{});
  }
  s.add(EV_cb_enter, 200000, 1, ev_cb_enter{});  // never returns: not counted
  Latency latency;
  s.tell(latency);
  const auto rows = latency.rows(Names(), 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].reason, "clear");
  EXPECT_EQ(rows[0].histogram.count, 99u);
  EXPECT_EQ(rows[0].histogram.max, 99u);
  EXPECT_EQ(rows[0].histogram.total, 99u * 100 / 2);
  EXPECT_EQ(rows[0].histogram.percentile(0.5), 51u);  // of 1..99 it is 50, in the bucket of 48 to 51
  EXPECT_EQ(rows[1].reason, "unmap");
  EXPECT_EQ(rows[1].histogram.percentile(0.99), 100u);
}

TEST(pingpong, a_round_is_a_lookup_after_an_invalidation) {
  Story s;
  look_up(s, 1, 0x1000, 0x2000);
  look_up(s, 2, 0x1000, 0x2000);             // it is in
  look_up(s, 3, 0x5000, 0x6000);             // never invalidated
  look_up(s, 4, 0x8000, 0x9000, -16);        // -EBUSY: nothing came in
  invalidate(s, 5, 0x0, 0x5000);
  invalidate(s, 6, 0x0, 0x5000);             // it is out
  look_up(s, 7, 0x1000, 0x2000);
  invalidate(s, 8, 0x1800, 0x1801, MS_reason_migrate);
  look_up(s, 9, 0x1000, 0x2000);
  PingPong pingpong;
  s.tell(pingpong);
  const auto rows = pingpong.rows(10);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(std::tie(rows[0].start, rows[0].end), std::make_tuple(0x1000u, 0x2000u));
  EXPECT_EQ(rows[0].lookups, 3u);
  EXPECT_EQ(rows[0].rounds, 2u);
  EXPECT_EQ(rows[0].first, 1u);
  EXPECT_EQ(rows[0].last, 9u);
  EXPECT_EQ(rows[0].invalidated[MS_reason_unmap], 1u);
  EXPECT_EQ(rows[0].invalidated[MS_reason_migrate], 1u);
}

TEST(pingpong, an_mm_that_ended_is_another_one_when_its_address_comes_again) {
  Story s;
  look_up(s, 1, 0x1000, 0x2000);
  s.add(EV_mm_exit_ret, 2, 1, ev_mm_exit_ret{});
  look_up(s, 3, 0x1000, 0x2000);
  PingPong pingpong;
  s.tell(pingpong);
  EXPECT_TRUE(pingpong.rows(10).empty());
}

struct Told final : Spans::Sink {
  void span(SpanKind kind, const ev_header& begin, uint64_t time, const ev_header* end) override {
    list.emplace_back(std::string(to_string(kind)), begin.time, time, end != nullptr);
  }
  std::vector<std::tuple<std::string, uint64_t, uint64_t, bool>> list;
};

TEST(spans, end_where_their_object_does_whoever_says_so) {
  Story s;
  ev_dma_begin access{};
  access.ctx = 0xc1, access.start = 0x1000;
  ev_dma_end done{};
  done.ctx = 0xc1, done.start = 0x1000;
  ev_dev_map map{};
  map.ctx = 0xc1, map.start = 0x1000, map.end = 0x3000;
  ev_dev_unmap unmap{};
  unmap.ctx = 0xc1, unmap.start = 0x2000, unmap.end = 0x8000;
  ev_inv_end_ret end{};
  end.range = 0x10;
  s.add(EV_dev_map, 1, 1, map);
  s.add(EV_dma_begin, 2, 1, access);
  invalidate(s, 3, 0x1000, 0x2000);
  s.add(EV_inv_end_ret, 4, 2, end);  // the same address on another stack
  s.add(EV_dma_end, 5, 2, done);     // another task sees the end
  s.add(EV_dev_unmap, 6, 1, unmap);
  Told told;
  Spans spans(told);
  s.tell(spans);
  EXPECT_THAT(told.list, ElementsAre(std::make_tuple("access", 2, 5, true), std::make_tuple("mapping", 1, 6, true)));
  spans.finish();
  EXPECT_EQ(told.list.back(), std::make_tuple("invalidation", 3, 6, false));
}

TEST(activity, each_record_is_in_one_bin_and_a_gap_has_its_place) {
  Story s;
  for (uint64_t i = 0; i < 1024; ++i) invalidate(s, 1000 + i, 0x1000, 0x2000, i % 2 ? MS_reason_unmap : MS_reason_clear);
  s.lose(1, 3);
  invalidate(s, 4000, 0x1000, 0x2000);
  Activity activity(1000, 4000);
  s.tell(activity);
  EXPECT_EQ(activity.width(), 3u);
  const auto areas = activity.areas();
  ASSERT_EQ(areas.size(), 1u);
  EXPECT_EQ(areas[0].total, 1025u);
  EXPECT_EQ(areas[0].bins[0], 3u);
  EXPECT_EQ(areas[0].bins[1000], 1u);
  const auto storms = activity.storms(Names(), 10);
  ASSERT_EQ(storms.size(), 2u);
  EXPECT_EQ(storms[0].total, 513u);
  EXPECT_EQ(storms[0].reason, uint32_t{MS_reason_unmap});
  ASSERT_EQ(activity.places().size(), 1u);
  const Activity::Place& p = activity.places()[0];
  EXPECT_EQ(std::tie(p.from, p.until, p.count, p.cpu), std::make_tuple(2023u, 4000u, 3u, 1));
}
}  // namespace
}  // namespace mirrorscope
