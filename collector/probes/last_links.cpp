// SPDX-License-Identifier: Apache-2.0
// How a process is made that closes links and does nothing else.
#include "collector/probes/last_links.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace mirrorscope {

namespace {

// Between fork() and _exit() of a process that had threads: only what is safe in a signal handler.
[[noreturn]] void hold(std::span<const int> sorted, int until_closed) {
  prctl(PR_SET_NAME, "mirrorscope-end");
  setsid();
  if (chdir("/")) _exit(1);  // it keeps no file system busy
  unsigned next = 0;
  for (const int fd : sorted) {
    if (static_cast<unsigned>(fd) > next) close_range(next, static_cast<unsigned>(fd) - 1, 0);
    next = static_cast<unsigned>(fd) + 1;
  }
  close_range(next, ~0u, 0);
  char nothing = 0;
  while (read(until_closed, &nothing, 1) > 0) {
  }
  _exit(0);
}

}  // namespace

LastLinks::LastLinks(std::span<const int> links) {
  if (links.empty()) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return;
  OwnedFd read_end(ends[0]), write_end(ends[1]);
  std::vector<int> kept(links.begin(), links.end());
  kept.push_back(read_end.get());
  std::sort(kept.begin(), kept.end());
  const pid_t child = fork();
  if (child == 0) hold(kept, read_end.get());
  if (child > 0) open_ = std::move(write_end);
}

}  // namespace mirrorscope
