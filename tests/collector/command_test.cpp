// SPDX-License-Identifier: Apache-2.0
// When a command runs, when it does not, and what is known of its end.
#include "collector/session/command.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>

#include "apart.h"

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
            "cannot run the command /etc/passwd: Permission denied");
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
            "cannot run the command " + std::string(path) + ": No such file or directory");
  unlink(path);
}

TEST(Command, is_ended_by_a_recorder_that_is_not_root_any_more) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  for (const char* script : {"exec sleep 1000", "trap '' TERM; while :; do sleep 0.01; done"}) {
    SCOPED_TRACE(script);
    apart([script] {
      auto command = Command::prepare({"sh", "-c", script});
      ASSERT_TRUE(command.ok());
      ASSERT_EQ(setresgid(61001, 61001, 61001), 0);
      ASSERT_EQ(setresuid(61001, 61001, 61001), 0);
      ASSERT_TRUE(command->go().ok());
      usleep(200000);
      ASSERT_EQ(kill(command->pid(), SIGTERM), -1) << "by itself it could not";
      const int code = command->end(300ms);
      EXPECT_EQ(code, script[0] == 'e' ? 128 + SIGTERM : 128 + SIGKILL);
    });
  }
}

TEST(Command, that_never_goes_is_ended_by_one_that_is_not_root_any_more) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  apart([] {
    auto command = Command::prepare({"sleep", "1000"});
    ASSERT_TRUE(command.ok());
    ASSERT_EQ(setresuid(61001, 61001, 61001), 0);
  });
}

TEST(Command, hears_of_no_signal_before_its_end) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  auto command = Command::prepare({"sh", "-c", "trap 'exit 9' TERM IO; sleep 0.5; exit 4"});
  ASSERT_TRUE(command.ok());
  ASSERT_TRUE(command->go().ok());
  EXPECT_EQ(wait(*command), 4);
}

// As in a sandbox, or when no descriptor is left.
TEST(Command, without_a_pidfd_is_refused_and_leaves_no_process) {
  apart([] {
    sock_filter refuse[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog program{4, refuse};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return;
    auto command = Command::prepare({"sleep", "1000"});
    ASSERT_FALSE(command.ok());
    EXPECT_EQ(command.error().message, "cannot watch the process of sleep (pidfd_open): Too many open files");
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  });
}

}  // namespace
}  // namespace mirrorscope
