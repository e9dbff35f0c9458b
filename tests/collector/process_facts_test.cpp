// SPDX-License-Identifier: Apache-2.0
// What is said of a process that may end at any moment?
#include "collector/stream/process_facts.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

namespace mirrorscope {
namespace {

TEST(ProcessFacts, of_this_process) {
  const ProcessFacts facts = facts_of(static_cast<uint32_t>(getpid()));
  EXPECT_FALSE(facts.ended);
  EXPECT_EQ(facts.uid, getuid());
  EXPECT_EQ(facts.cgroup.substr(0, 1), "/");
  EXPECT_EQ(facts.exe, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(ProcessFacts, of_a_process_that_is_not_there) { EXPECT_EQ(facts_of(4'000'000'000u), ProcessFacts{.ended = true}); }

// Asked again and again while it dies and another thread buries it: a file of /proc that was opened in time is ESRCH
// when it is read (fs/proc/base.c, proc_single_show()).
TEST(ProcessFacts, of_one_that_dies_while_it_is_asked_for) {
  for (int i = 0; i < 500; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(0);
    std::thread undertaker([child] { waitpid(child, nullptr, 0); });
    ProcessFacts facts;
    do facts = facts_of(child);
    while (!facts.ended);
    EXPECT_EQ(facts, ProcessFacts{.ended = true});
    undertaker.join();
  }
}

}  // namespace
}  // namespace mirrorscope
