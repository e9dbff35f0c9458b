// SPDX-License-Identifier: Apache-2.0
// How signals, rings and the command become one wait (epoll, signalfd).
#include "collector/session/wakeups.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace mirrorscope {

namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Result<Wakeups> Wakeups::make() {
  const sigset_t set = ending_signals();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return fail(errno, "cannot make an epoll");
  Wakeups wakeups(epoll, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (wakeups.signals_ < 0) return fail(errno, "cannot make a signalfd");
  if (auto added = wakeups.add(wakeups.signals_, signals); !added) return added.error();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return wakeups;
}

Wakeups::Wakeups(Wakeups&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)), signals_(std::exchange(other.signals_, -1)) {}

Wakeups::~Wakeups() {
  if (signals_ >= 0) close(signals_);
  if (epoll_ >= 0) close(epoll_);
}

Result<void> Wakeups::add(int fd, Source source) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = source;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return fail(errno, "cannot wait for a file descriptor");
  return {};
}

Result<Woken> Wakeups::wait(std::chrono::nanoseconds at_most) {
  epoll_event events[16];
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(at_most, std::chrono::nanoseconds(0)));
  const int n = epoll_wait(epoll_, events, std::size(events), static_cast<int>(ms.count()));
  if (n < 0 && errno != EINTR) return fail(errno, "cannot wait for records");
  Woken woken;
  for (int i = 0; i < n; ++i) {
    if (events[i].data.u32 == command) {
      woken.command = true;
    } else if (events[i].data.u32 == signals) {
      signalfd_siginfo taken;
      while (read(signals_, &taken, sizeof(taken)) == sizeof(taken)) woken.stop = true;
      const sigset_t set = ending_signals();
      sigprocmask(SIG_UNBLOCK, &set, nullptr);
    }
  }
  return woken;
}

}  // namespace mirrorscope
