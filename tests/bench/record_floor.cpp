// SPDX-License-Identifier: Apache-2.0
// Runs a command with the floor of recording attached: record_floor COMMAND...
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "record_floor.skel.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: record_floor COMMAND...\n"), 2;
  record_floor* floor = record_floor__open_and_load();
  if (!floor || record_floor__attach(floor)) return std::fprintf(stderr, "record_floor: the kernel refuses\n"), 2;
  ring_buffer* ring = ring_buffer__new(
      bpf_map__fd(floor->maps.ring), [](void*, void*, size_t) { return 0; }, nullptr, nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    ring_buffer__consume(ring);
    usleep(20'000);
  }
  ring_buffer__free(ring);
  record_floor__destroy(floor);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
