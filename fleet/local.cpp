// SPDX-License-Identifier: Apache-2.0
// A handful of processes, and wait.
#include "fleet/local.h"

#include <sys/wait.h>

#include <cerrno>
#include <map>

#include "fleet/child.h"

namespace mirrorscope::fleet {

Result<void> run_all(uint32_t tasks, unsigned at_once, const std::function<int(uint32_t)>& task,
                     const std::function<void(uint32_t task, int exit_code)>& ended) {
  std::map<pid_t, uint32_t> running;
  for (uint32_t next = 0; next < tasks || !running.empty();) {
    while (next < tasks && running.size() < at_once) {
      const auto child = start_child([&] { return task(next); });
      if (!child && running.empty()) return child.error();
      if (!child) break;  // when one has ended there is room again
      running.emplace(*child, next++);
    }
    int status = 0;
    const pid_t pid = wait(&status);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return fail(errno, "cannot wait for a process");
    const auto at = running.find(pid);
    if (at == running.end()) continue;
    ended(at->second, exit_code_of(status));
    running.erase(at);
  }
  return {};
}

}  // namespace mirrorscope::fleet
