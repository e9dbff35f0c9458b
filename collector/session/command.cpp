// SPDX-License-Identifier: Apache-2.0
// How a child is held before exec: it reads from a pipe.
#include "collector/session/command.h"

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

// What execvp() would say, before anything else is set up.
Result<void> can_run(const std::string& program) {
  auto executable = [](const std::string& path) { return access(path.c_str(), X_OK) == 0; };
  if (program.find('/') != std::string::npos) {
    if (executable(program)) return {};
    return fail(errno, "cannot run the command ", program);
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
  signal(SIGXFSZ, SIG_DFL);
  execvp(argv[0], argv);
  const int error = errno;
  [[maybe_unused]] ssize_t written = write(answer, &error, sizeof(error));
  _exit(127);
}

}  // namespace

Result<Command> Command::prepare(const std::vector<std::string>& words) {
  if (auto can = can_run(words.front()); !can) return can.error();
  Command command(words.front());
  if (auto made = command.make_child(words); !made) return made.error();
  if (auto held = command.hold_rights(); !held) return held.error();
  return command;
}

Result<void> Command::make_child(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int gate[2], answer[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return fail(errno, "cannot make a pipe");
  const OwnedFd gate_of_child(gate[0]);
  gate_ = OwnedFd(gate[1]);
  if (pipe2(answer, O_CLOEXEC) != 0) return fail(errno, "cannot make a pipe");
  answer_ = OwnedFd(answer[0]);
  const OwnedFd answer_of_child(answer[1]);
  pid_ = fork();
  if (pid_ < 0) return fail(errno, "cannot make a process for ", name_);
  if (pid_ == 0) {
    // The child's own copy of the writing end would keep it waiting for ever when the recorder dies.
    gate_.close();
    run_child(gate[0], answer[1], argv.data());
  }
  pidfd_ = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) return fail(errno, "cannot watch the process of ", name_, " (pidfd_open)");
  return {};
}

Result<void> Command::hold_rights() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail(errno, "cannot make a pipe");
  triggered_ = OwnedFd(ends[0]);
  trigger_ = OwnedFd(ends[1]);
  if (fcntl(ends[0], F_SETOWN, pid_) != 0) return fail(errno, "cannot keep the right to end ", name_);
  return {};
}

Command::Command(Command&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      gate_(std::move(other.gate_)),
      answer_(std::move(other.answer_)),
      trigger_(std::move(other.trigger_)),
      triggered_(std::move(other.triggered_)),
      name_(std::move(other.name_)),
      code_(other.code_) {}

Command::~Command() {
  if (pid_ <= 0) return;
  gate_.close();
  end(std::chrono::seconds(2));
}

Result<void> Command::go() {
  const char byte = 1;
  if (write(gate_.get(), &byte, 1) != 1) return fail(errno, "cannot start ", name_);
  gate_.close();
  int error = 0;
  ssize_t n;
  while ((n = read(answer_.get(), &error, sizeof(error))) < 0 && errno == EINTR) {
  }
  answer_.close();
  if (n == sizeof(error)) return fail(error, "cannot run the command ", name_);
  return {};
}

std::optional<int> Command::ended() {
  if (code_ || pid_ <= 0) return code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return code_;
}

void Command::send(int signal) const {
  const char byte = 0;
  const bool sent = triggered_ && fcntl(triggered_.get(), F_SETSIG, signal) == 0 && fcntl(triggered_.get(), F_SETFL, O_ASYNC | O_NONBLOCK) == 0 &&
                    write(trigger_.get(), &byte, 1) == 1;
  if (!sent) kill(pid_, signal);
}

int Command::end(std::chrono::milliseconds patience) {
  if (ended()) return *code_;
  // Without a pidfd it has never gone: its gate is closed, and it ends by itself.
  if (pidfd_) {
    send(SIGTERM);
    pollfd done{pidfd_.get(), POLLIN, 0};
    if (poll(&done, 1, static_cast<int>(patience.count())) == 0) send(SIGKILL);
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) return 128 + SIGKILL;
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return *code_;
}

}  // namespace mirrorscope
