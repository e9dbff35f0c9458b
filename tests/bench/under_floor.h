// SPDX-License-Identifier: Apache-2.0
// A command that runs while the ring of a floor's programs is emptied.
#pragma once

#include <bpf/libbpf.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mirrorscope::bench {

// The command's exit code; 127 if it cannot be run, 1 if a signal ends it.
inline int run_under_floor(const bpf_map* records, char** command) {
  ring_buffer* ring = ring_buffer__new(
      bpf_map__fd(records), [](void*, void*, size_t) { return 0; }, nullptr, nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    ring_buffer__consume(ring);
    usleep(20'000);
  }
  ring_buffer__free(ring);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace mirrorscope::bench
