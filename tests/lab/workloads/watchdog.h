// SPDX-License-Identifier: Apache-2.0
// Who notices that a thread of the workload has stopped, and says where?
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace lab {

// One per thread. doing() is called before every step that may block, so a hang names its step.
class Beat {
 public:
  explicit Beat(std::string name);
  void doing(const char* literal) {
    doing_.store(literal, std::memory_order_relaxed);
    ticks_.fetch_add(1, std::memory_order_relaxed);
  }
  void done() { doing_.store(nullptr); }

 private:
  friend class Watchdog;
  std::string name_;
  std::atomic<const char*> doing_{nullptr};  // null: not running (yet, or any more)
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<pid_t> tid_{0};
  std::uint64_t seen_ = 0, idle_s_ = 0;  // the watchdog's own
};

// Ends the process with exit_wrong when a thread makes no step for `limit_s` seconds: a workload that hangs inside a
// guest would otherwise take the whole run's time limit with it and say nothing.
class Watchdog {
 public:
  explicit Watchdog(std::uint64_t limit_s);
  ~Watchdog();
  Beat& watch(std::string name);
  static void adopt(Beat& beat);  // called by the thread itself: whose kernel stack to show

 private:
  void run();
  void bite(const Beat& beat) const;
  std::uint64_t limit_s_;
  std::mutex lock_;
  std::deque<Beat> beats_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace lab
