// SPDX-License-Identifier: Apache-2.0
// What an interval holds: what was counted in it, the last calls of processes that have ended too.
#include <gtest/gtest.h>

#include "tally/snapshot.h"

namespace mirrorscope {
namespace {

TallyRow row(uint32_t tgid, const std::string& comm, uint64_t calls) {
  TallyRow r;
  r.tgid = tgid;
  r.kind = MS_tally_invalidate;
  r.what = "unmap";
  r.comm = comm;
  r.calls = calls;
  r.pages = calls * 2;
  return r;
}

TEST(Since, only_what_came_in_between_is_left) {
  Tally before, after;
  before.time = 100;
  before.rows = {row(1, "a", 10), row(2, "b", 5)};
  before.uncounted = 1;
  after.time = 300;
  after.rows = {row(1, "a", 12), row(2, "b", 5), row(3, "c", 7)};
  after.uncounted = 4;
  const Tally since = after.since(before);
  EXPECT_EQ(since.time, 200u);
  EXPECT_EQ(since.uncounted, 3u);
  ASSERT_EQ(since.rows.size(), 2u);
  EXPECT_EQ(since.rows[0].calls, 2u);
  EXPECT_EQ(since.rows[0].pages, 4u);
  EXPECT_EQ(since.rows[1].comm, "c");
  EXPECT_EQ(since.rows[1].calls, 7u);
}

TEST(Since, a_process_that_ended_does_not_count_all_its_life) {
  Tally before, after;
  before.rows = {row(7, "short", 1000)};
  after.rows = {row(7, "short", 1001)};
  after.rows[0].ended = true;
  ASSERT_EQ(after.since(before).rows.size(), 1u);
  EXPECT_EQ(after.since(before).rows[0].calls, 1u);
  // another one of its number and name
  Tally later;
  later.rows = {row(7, "short", 1002)};
  ASSERT_EQ(later.since(after).rows.size(), 1u);
  EXPECT_EQ(later.since(after).rows[0].calls, 1002u);
}

TEST(Since, what_belongs_to_nobody_stays) {
  Tally before, after;
  before.rows = {row(0, "", 3)};
  after.rows = {row(0, "", 5)};
  ASSERT_EQ(after.since(before).rows.size(), 1u);
  EXPECT_EQ(after.since(before).rows[0].calls, 2u);
}

}  // namespace
}  // namespace mirrorscope
