// SPDX-License-Identifier: Apache-2.0
// What the recorder waits for: records, the end of the command, Ctrl-C, the clock.
#pragma once

#include <chrono>

#include "trace/result.h"

namespace mirrorscope {

struct Woken {
  bool stop = false;     // SIGINT, SIGTERM or SIGHUP
  bool command = false;  // the command has ended
};

class Wakeups {
 public:
  // From here on SIGINT, SIGTERM and SIGHUP arrive here instead of ending the process; after the first one the next
  // ends it at once.
  static Result<Wakeups> make();
  Wakeups(Wakeups&& other) noexcept;
  Wakeups& operator=(Wakeups&&) = delete;
  ~Wakeups();

  Result<void> on_records(int ring_fd) { return add(ring_fd, records); }
  Result<void> on_command(int pidfd) { return add(pidfd, command); }

  // Until something happens, at most so long.
  Result<Woken> wait(std::chrono::nanoseconds at_most);

 private:
  enum Source : uint32_t { records, command, signals };
  Wakeups(int epoll, int signal_fd) : epoll_(epoll), signals_(signal_fd) {}
  Result<void> add(int fd, Source source);

  int epoll_;
  int signals_;
};

}  // namespace mirrorscope
