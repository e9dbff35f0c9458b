// SPDX-License-Identifier: Apache-2.0
// When a command runs, when it does not, and what is known of its end.
#include "collector/command.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>

namespace mirrorscope {
namespace {

using namespace std::chrono_literals;

int wait(Command& command) {
  pollfd done{command.fd(), POLLIN, 0};
  poll(&done, 1, 10000);
  return command.ended().value_or(-1);
}

TEST(Command, runs_only_once_it_may_go) {
  auto command = Command::prepare({"sh", "-c", "exit 3"});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->ended(), std::nullopt);
  ASSERT_TRUE(command->go().ok());
  EXPECT_EQ(wait(*command), 3);
}

TEST(Command, keeps_its_process_id_when_it_goes) {
  auto command = Command::prepare({"sh", "-c", "kill -TERM $$"});
  ASSERT_TRUE(command.ok());
  ASSERT_TRUE(command->go().ok());
  EXPECT_EQ(wait(*command), 128 + SIGTERM);
}

TEST(Command, that_never_goes_leaves_no_process) {
  pid_t pid;
  {
    auto command = Command::prepare({"sleep", "1000"});
    ASSERT_TRUE(command.ok());
    pid = command->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Command, is_ended_by_force_if_it_must_be) {
  auto command = Command::prepare({"sh", "-c", "trap '' TERM; while :; do sleep 0.01; done"});
  ASSERT_TRUE(command.ok());
  ASSERT_TRUE(command->go().ok());
  usleep(200000);  // for the trap
  EXPECT_EQ(command->end(200ms), 128 + SIGKILL);
}

TEST(Command, that_is_not_there_is_told_before_anything_starts) {
  EXPECT_EQ(Command::prepare({"no-such-command"}).error().message, "there is no command no-such-command");
  EXPECT_EQ(Command::prepare({"/etc/passwd"}).error().message,
            "the command /etc/passwd cannot be run: Permission denied");
}

TEST(Command, that_cannot_be_executed_is_told_when_it_should_go) {
  char path[] = "/tmp/no-interpreter-XXXXXX";
  const int fd = mkstemp(path);
  const std::string script = "#!/no/such/interpreter\n";
  ASSERT_EQ(write(fd, script.data(), script.size()), static_cast<ssize_t>(script.size()));
  fchmod(fd, 0700);
  close(fd);
  auto command = Command::prepare({path});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->go().error().message,
            "the command " + std::string(path) + " cannot be run: No such file or directory");
  unlink(path);
}

}  // namespace
}  // namespace mirrorscope
