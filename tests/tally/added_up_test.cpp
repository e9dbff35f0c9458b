// SPDX-License-Identifier: Apache-2.0
// Whether rows of several processes become one row of their job or pod, and nothing is counted twice.
#include "tally/added_up.h"

#include <gtest/gtest.h>

namespace mirrorscope {
namespace {

const std::string job = "/system.slice/slurmstepd.scope/job_4711/step_0/user/task_";

TallyRow row(uint32_t tgid, const std::string& cgroup, uint64_t calls, const std::string& what = "unmap") {
  TallyRow r;
  r.tgid = tgid;
  r.kind = MS_tally_invalidate;
  r.what = what;
  r.comm = "rank";
  r.cgroup = cgroup;
  r.calls = calls;
  r.refused = 1;
  r.pages = 10 * calls;
  r.times.count = calls;
  return r;
}

std::string text(const Tally& tally) {
  std::string lines;
  for (const TallyRow& r : tally.rows)
    lines += r.comm + " " + r.what + " calls=" + std::to_string(r.calls) + " refused=" + std::to_string(r.refused) +
             " pages=" + std::to_string(r.pages) + " timed=" + std::to_string(r.times.count) + "\n";
  return lines;
}

TEST(AddedUp, by_job_processes_of_one_job_are_one_row) {
  Tally tally;
  tally.rows = {row(1, job + "0", 3), row(2, job + "1", 4), row(2, job + "1", 5, "clear"),
                row(3, "/system.slice/ssh.service", 7)};
  EXPECT_EQ(text(added_up(tally, WorkloadSide::job)),
            "4711 clear calls=5 refused=1 pages=50 timed=5\n"
            "4711 unmap calls=7 refused=2 pages=70 timed=7\n"
            "(none) unmap calls=7 refused=1 pages=70 timed=7\n");
}

TEST(AddedUp, who_is_not_known_and_nobodys_are_two_things) {
  Tally tally;
  tally.rows = {row(0, "", 1), row(5, "", 2), row(6, "/", 4)};
  EXPECT_EQ(text(added_up(tally, WorkloadSide::unit)),
            "(none) unmap calls=5 refused=2 pages=50 timed=5\n"
            "(not known) unmap calls=2 refused=1 pages=20 timed=2\n");
}

TEST(AddedUp, pinned_memory_is_added_up) {
  Tally tally;
  tally.rows = {row(1, job + "0", 3), row(2, job + "1", 4), row(3, "/a", 7)};
  tally.pinned = {{1, 100}, {2, 200}, {3, 5}};
  const Tally sum = added_up(tally, WorkloadSide::job);
  for (const TallyRow& r : sum.rows) EXPECT_EQ(sum.pinned.at(r.tgid), r.comm == "4711" ? 300u : 5u);
}

TEST(AddedUp, a_path_can_be_shown) {
  Tally tally;
  tally.rows = {row(1, "/\x1b[2J", 1)};
  EXPECT_EQ(added_up(tally, WorkloadSide::cgroup).rows.at(0).comm, "/\\x1b[2J");
}

}  // namespace
}  // namespace mirrorscope
