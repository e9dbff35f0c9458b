// SPDX-License-Identifier: Apache-2.0
// Judging beside counting: a process of its own that records, feeds the rules, and tells from time to time what they object to.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "collector/session/scope.h"
#include "trace/result.h"

namespace mirrorscope::cli {

struct LiveFinding {
  std::string rule, name, level;
  uint32_t tgid = 0;
  uint64_t count = 0;
};

class Watcher {
 public:
  // To be called while this process still has its privileges; returns when the other one records. What is recorded lies in a directory of its own, never more than two files
  // per CPU of 64 MB together, and goes with the watcher.
  static Result<Watcher> start(const Scope& scope);
  Watcher(Watcher&& other) noexcept;
  Watcher& operator=(Watcher&&) = delete;
  ~Watcher();

  // Takes in what it has said since; an error if it has ended.
  Result<void> listen();
  const std::vector<LiveFinding>& findings() const { return findings_; }

 private:
  Watcher(pid_t child, int pipe, std::filesystem::path directory) : child_(child), pipe_(pipe), directory_(std::move(directory)) {}

  pid_t child_;
  int pipe_;
  std::filesystem::path directory_;
  std::string unread_;
  std::vector<LiveFinding> findings_, coming_;
};

}  // namespace mirrorscope::cli
