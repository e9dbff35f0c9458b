// SPDX-License-Identifier: Apache-2.0
// Who notices that a thread of the workload has stopped, and says where?
#include "watchdog.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli.h"

namespace lab {

Beat::Beat(std::string name) : name_(std::move(name)) {}

Watchdog::Watchdog(std::uint64_t limit_s) : limit_s_(limit_s), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  stop_ = true;
  thread_.join();
}

Beat& Watchdog::watch(std::string name) {
  std::lock_guard hold(lock_);
  return beats_.emplace_back(std::move(name));
}

void Watchdog::adopt(Beat& beat) { beat.tid_ = gettid(); }

void Watchdog::run() {
  while (!stop_) {
    for (int i = 0; i < 10 && !stop_; i++) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::lock_guard hold(lock_);
    for (auto& b : beats_) {
      const auto now = b.ticks_.load();
      const bool moved = now != b.seen_ || !b.doing_.load();
      b.idle_s_ = moved ? 0 : b.idle_s_ + 1;
      b.seen_ = now;
      if (b.idle_s_ >= limit_s_) bite(b);
    }
  }
}

// A thread stuck in the kernel says so in its stack; root may read it, and the lab runs as root.
void Watchdog::bite(const Beat& beat) const {
  std::fprintf(stderr, "hang: thread %s made no step for %llu s while: %s\n", beat.name_.c_str(),
               static_cast<unsigned long long>(beat.idle_s_), beat.doing_.load());
  for (const char* what : {"wchan", "syscall", "stack"}) {
    const std::string path = "/proc/self/task/" + std::to_string(beat.tid_.load()) + "/" + what;
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char text[2048];
    const auto n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n > 0) std::fprintf(stderr, "%s: %.*s\n", what, int(n), text);
    if (fd >= 0) close(fd);
  }
  std::fflush(stderr);
  _exit(exit_wrong);
}

}  // namespace lab
