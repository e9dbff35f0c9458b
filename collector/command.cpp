// SPDX-License-Identifier: Apache-2.0
// How a child is held before exec: it reads from a pipe.
#include "collector/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace mirrorscope {

namespace {

void close_if_open(int fd) {
  if (fd >= 0) close(fd);
}

// What execvp() would say, before anything else is set up.
Result<void> can_run(const std::string& program) {
  auto executable = [](const std::string& path) { return access(path.c_str(), X_OK) == 0; };
  if (program.find('/') != std::string::npos) {
    if (executable(program)) return {};
    return fail(errno, "the command ", program, " cannot be run");
  }
  const char* path = getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (executable((folder.empty() ? "." : folder) + "/" + program)) return {};
  return fail(0, "there is no command ", program);
}

[[noreturn]] void run_child(int gate, int answer, char* const* argv) {
  char go = 0;
  ssize_t n;
  while ((n = read(gate, &go, 1)) < 0 && errno == EINTR) {
  }
  if (n != 1) _exit(0);  // the recorder gave up
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execvp(argv[0], argv);
  const int error = errno;
  [[maybe_unused]] ssize_t written = write(answer, &error, sizeof(error));
  _exit(127);
}

}  // namespace

Result<Command> Command::prepare(const std::vector<std::string>& words) {
  if (auto can = can_run(words.front()); !can) return can.error();
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);

  int gate[2], answer[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return fail(errno, "make a pipe");
  if (pipe2(answer, O_CLOEXEC) != 0) {
    const int error = errno;
    close(gate[0]);
    close(gate[1]);
    return fail(error, "make a pipe");
  }
  const pid_t pid = fork();
  if (pid == 0) {
    // The child's own copy of the writing end would keep it waiting for ever when the recorder dies.
    close(gate[1]);
    run_child(gate[0], answer[1], argv.data());
  }
  const int error = errno;
  close(gate[0]);
  close(answer[1]);
  if (pid < 0) {
    close(gate[1]);
    close(answer[0]);
    return fail(error, "fork");
  }
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  Command command(pid, pidfd, gate[1], answer[0], words.front());
  if (pidfd < 0) return fail(errno, "open a pidfd");
  return command;
}

Command::Command(Command&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      gate_(std::exchange(other.gate_, -1)),
      answer_(std::exchange(other.answer_, -1)),
      name_(std::move(other.name_)),
      code_(other.code_) {}

Command::~Command() {
  if (pid_ > 0) {
    close_if_open(std::exchange(gate_, -1));
    end(std::chrono::seconds(2));
  }
  close_if_open(pidfd_);
  close_if_open(answer_);
}

Result<void> Command::go() {
  const char byte = 1;
  if (write(gate_, &byte, 1) != 1) return fail(errno, "start ", name_);
  close_if_open(std::exchange(gate_, -1));
  int error = 0;
  ssize_t n;
  while ((n = read(answer_, &error, sizeof(error))) < 0 && errno == EINTR) {
  }
  close_if_open(std::exchange(answer_, -1));
  if (n == sizeof(error)) return fail(error, "the command ", name_, " cannot be run");
  return {};
}

std::optional<int> Command::ended() {
  if (code_ || pid_ <= 0) return code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return code_;
}

int Command::end(std::chrono::milliseconds patience) {
  if (ended()) return *code_;
  kill(pid_, SIGTERM);
  pollfd done{pidfd_, POLLIN, 0};
  if (poll(&done, 1, static_cast<int>(patience.count())) == 0) {
    kill(pid_, SIGKILL);
    poll(&done, 1, -1);
  }
  return ended().value_or(128 + SIGKILL);
}

}  // namespace mirrorscope
