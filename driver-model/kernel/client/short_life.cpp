// SPDX-License-Identifier: Apache-2.0
// How a process goes while its device works.
#include "driver-model/kernel/client/short_life.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "driver-model/kernel/client/memory.h"
#include "driver-model/kernel/client/traffic.h"

namespace mirrorscope::device {
namespace {

constexpr size_t kPages = 8;

[[noreturn]] void live(const Device::Options& options, End end, int ready) {
  Device device;
  const Memory memory(kPages);
  uint32_t handle = 0;
  uint64_t job = 0;
  Device::Options slow = options;
  if (end == End::reaped && slow.dma_us < 2000) slow.dma_us = 2000;  // it must be dying for as long as it is reaped
  if (device.open(slow) != 0) _exit(1);
  if (registers(options.mode) && device.register_range(memory.begin(), kPages * kPage, true, handle) != 0) _exit(1);
  for (int i = 0; i < 4; ++i) device.submit(memory.begin(), kPages * kPage / 2, true, job, handle);
  if (write(ready, "r", 1) != 1) _exit(1);
  if (end == End::reaped) device.wait(job);  // no signal ends this: the process is dead, and its memory is there
  _exit(0);
}

}  // namespace

void short_life(const Device::Options& options, End end) {
  int ready[2];
  if (pipe(ready) != 0) return;
  const pid_t child = fork();
  if (child == 0) live(options, end, ready[1]);
  close(ready[1]);
  char said = 0;
  if (child > 0 && read(ready[0], &said, 1) == 1 && end == End::reaped) {
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    kill(child, SIGKILL);
    for (int i = 0; pidfd >= 0 && i < 20 && syscall(SYS_process_mrelease, pidfd, 0) != 0 && errno == EAGAIN; ++i) usleep(200);
    if (pidfd >= 0) close(pidfd);
  }
  close(ready[0]);
  if (child > 0) waitpid(child, nullptr, 0);
}

}  // namespace mirrorscope::device
