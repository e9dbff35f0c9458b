// SPDX-License-Identifier: Apache-2.0
// A test in a process of its own, because what it gives away (a user id, a mount namespace) is gone for good.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mirrorscope {

template <typename Test>
void apart(Test test) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // what waits for ever fails
    test();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

}  // namespace mirrorscope
