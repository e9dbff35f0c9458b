// SPDX-License-Identifier: Apache-2.0
// What is named, when, and how often.
#include "collector/stream/naming.h"

#include <gtest/gtest.h>

#include <map>

#include "schema/catalog.h"

namespace mirrorscope {
namespace {

// Every record that is written, as one line.
struct Lines : Outlet {
  std::string text, whose;
  Result<void> append(uint16_t, const ev_header* records, size_t bytes) override {
    const auto* at = reinterpret_cast<const std::byte*>(records);
    for (const std::byte* end = at + bytes; at < end; at += record_sizes[reinterpret_cast<const ev_header*>(at)->id]) {
      const auto* h = reinterpret_cast<const ev_header*>(at);
      if (h->id == EV_task_name) {
        const auto* e = reinterpret_cast<const ev_task_name*>(h);
        text += std::to_string(e->task) + "/" + std::to_string(e->process) + " is " + e->comm + "\n";
      } else if (h->id == EV_workload) {
        const auto* e = reinterpret_cast<const ev_workload*>(h);
        whose += std::to_string(e->process) +
                 (e->ended ? " had ended" : " of " + std::to_string(e->uid) + " runs " + e->exe + " in " + e->cgroup) +
                 "\n";
      } else if (h->id == EV_stack) {
        const auto* e = reinterpret_cast<const ev_stack*>(h);
        text += "stack " + std::to_string(e->id) + " has " + std::to_string(e->depth) + " frames\n";
      }
    }
    return {};
  }
  void discarded(uint16_t, uint64_t) override {}
};

struct NamingTest : ::testing::Test {
  Lines lines;
  Hashing hashing{Hashing::Addresses::raw};
  About about{lines, hashing, 1};
  std::map<uint32_t, std::string> comms{{10, "churn"}, {11, "worker"}};
  std::map<int32_t, std::vector<uint64_t>> stacks{{5, {1, 2, 3}}};
  std::map<uint32_t, ProcessFacts> processes{{10, {.uid = 1000, .cgroup = "/a", .exe = "/bin/churn"}}};
  int asked = 0, asked_processes = 0;
  Naming naming{about, nullptr, [this](int32_t id) { return stacks[id]; },
                [this](uint32_t tid) {
                  ++asked;
                  return comms[tid];
                },
                [this](uint32_t tgid) {
                  ++asked_processes;
                  const auto known = processes.find(tgid);
                  return known == processes.end() ? ProcessFacts{.ended = true} : known->second;
                }};

  std::string said() {
    EXPECT_TRUE(about.flush().ok());
    return lines.text;
  }
  std::string said_whose() {
    said();
    return lines.whose;
  }
};

TEST_F(NamingTest, a_task_is_named_once) {
  for (int i = 0; i < 3; ++i) naming.task(10, 10), naming.task(11, 10);
  EXPECT_EQ(said(), "10/10 is churn\n11/10 is worker\n");
  EXPECT_EQ(asked, 2);
}

TEST_F(NamingTest, a_new_name_is_told_when_we_look_again) {
  naming.task(10, 10);
  comms[10] = "exec'd";
  naming.look_again();
  naming.task(10, 10);
  naming.look_again();
  naming.task(10, 10);
  EXPECT_EQ(said(), "10/10 is churn\n10/10 is exec'd\n");
}

TEST_F(NamingTest, a_task_that_is_gone_has_no_name) {
  naming.task(99, 99);
  EXPECT_EQ(said(), "");
}

TEST_F(NamingTest, the_idle_task_is_the_swapper) {
  naming.task(0, 0);
  EXPECT_EQ(said(), "0/0 is swapper\n");
}

TEST_F(NamingTest, a_process_is_told_once_whichever_task_comes_first) {
  for (int i = 0; i < 3; ++i) naming.task(11, 10), naming.task(10, 10);
  naming.look_again();
  naming.task(10, 10);
  EXPECT_EQ(said_whose(), "10 of 1000 runs /bin/churn in /a\n");
  EXPECT_EQ(asked_processes, 2);
}

TEST_F(NamingTest, a_process_that_moved_is_told_again) {
  naming.task(10, 10);
  processes[10].cgroup = "/b";
  naming.look_again();
  naming.task(10, 10);
  EXPECT_EQ(said_whose(), "10 of 1000 runs /bin/churn in /a\n10 of 1000 runs /bin/churn in /b\n");
}

TEST_F(NamingTest, a_process_that_ended_is_not_guessed) {
  naming.task(12, 12);
  naming.task(10, 10);
  processes.clear();
  naming.look_again();
  naming.task(12, 12);
  naming.task(10, 10);
  EXPECT_EQ(said_whose(), "12 had ended\n10 of 1000 runs /bin/churn in /a\n")
      << "what was learned while it lived stays";
}

TEST_F(NamingTest, a_path_that_does_not_fit_is_cut_in_front) {
  processes[10].cgroup = "/" + std::string(4000, 'x') + "/end";
  processes[10].exe = "/" + std::string(300, 'y');
  naming.task(10, 10);
  EXPECT_EQ(said_whose(), "10 of 1000 runs ..." + std::string(252, 'y') + " in ..." + std::string(504, 'x') + "/end\n");
}

TEST_F(NamingTest, the_idle_task_is_nobodys) {
  naming.task(0, 0);
  EXPECT_EQ(said_whose(), "");
}

TEST_F(NamingTest, a_stack_is_written_once) {
  naming.stack(5);
  naming.stack(5);
  naming.stack(-17);
  naming.stack(6);
  EXPECT_EQ(said(), "stack 5 has 3 frames\n");
}

}  // namespace
}  // namespace mirrorscope
