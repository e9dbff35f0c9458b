// SPDX-License-Identifier: Apache-2.0
// fork, and what the copy does before and after the work.
#include "fleet/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "trace/owned_fd.h"

namespace mirrorscope::fleet {

namespace {
constexpr size_t kMostSaid = 4096;

// What the kernel looks at when it has to end somebody (proc(5), oom_score_adj): this one, and not who waits for it.
void offer_to_oom_killer() {
  const OwnedFd file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file) (void)!write(file.get(), "1000", 4);
}

void say(const char* sentence) { std::fprintf(stderr, "%s\n", sentence); }

[[noreturn]] void run(const std::function<int()>& work, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(2);  // it ended before that
  int code = 2;
  try {
    code = work();
  } catch (const std::bad_alloc&) {
    say("cannot go on: there is not enough memory");
  } catch (const std::exception& error) {
    say((std::string("cannot go on: ") + error.what()).c_str());
  }
  std::fflush(stdout);
  std::fflush(stderr);
  _exit(code);
}

std::string read_all(int fd) {
  std::string text;
  char bytes[1024];
  for (;;) {
    const ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(bytes, static_cast<size_t>(n));
    if (text.size() > kMostSaid) text.resize(kMostSaid);
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string ended_by(int code) {
  if (code < 128) return "it ended with exit code " + std::to_string(code);
  const std::string signal = std::to_string(code - 128) + ", " + strsignal(code - 128);
  return "signal " + signal + ", ended it" + (code == 128 + SIGKILL ? ": out of memory, most likely" : "");
}
}  // namespace

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

Result<pid_t> start_child(const std::function<int()>& work) {
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return fail(errno, "cannot make a process");
  if (child == 0) run(work, parent);
  return child;
}

Result<Ending> in_child(const std::function<int()>& work, uint64_t memory) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(errno, "cannot make a pipe");
  const OwnedFd said(ends[0]);
  OwnedFd saying(ends[1]);
  const auto child = start_child([&] {
    dup2(saying.get(), STDERR_FILENO);
    saying.close();
    offer_to_oom_killer();
    const rlimit limit{memory, memory};
    if (memory && setrlimit(RLIMIT_AS, &limit) != 0) say("cannot limit its memory");
    return work();
  });
  if (!child) return child.error();
  saying.close();
  Ending ending{0, read_all(said.get())};
  int status = 0;
  while (waitpid(*child, &status, 0) < 0)
    if (errno != EINTR) return fail(errno, "cannot wait for a process");
  ending.exit_code = exit_code_of(status);
  if (ending.says.empty()) ending.says = ended_by(ending.exit_code);
  return ending;
}

}  // namespace mirrorscope::fleet
