// SPDX-License-Identifier: Apache-2.0
// How the command whose work is recorded is started, held until the probes are ready, and ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

class Command {
 public:
  // Makes the process; it waits, with the signals and privileges that this process has now, and runs nothing yet.
  static Result<Command> prepare(const std::vector<std::string>& words);
  Command(Command&& other) noexcept;
  Command& operator=(Command&&) = delete;
  ~Command();  // ends the command if it still runs

  pid_t pid() const { return pid_; }
  // Readable once the command has ended (pidfd).
  int fd() const { return pidfd_; }

  // Lets it go. An error if the program cannot be executed.
  Result<void> go();
  // Its exit code once it has ended, 128 + the signal if one ended it.
  std::optional<int> ended();
  // SIGTERM, and SIGKILL when it has not ended after `patience`. Returns what ended() does.
  int end(std::chrono::milliseconds patience);

 private:
  Command(pid_t pid, int pidfd, int gate, int answer, std::string name)
      : pid_(pid), pidfd_(pidfd), gate_(gate), answer_(answer), name_(std::move(name)) {}

  pid_t pid_;
  int pidfd_;
  int gate_;    // closing it without writing ends the waiting child, writing lets it go
  int answer_;  // the errno of a failed exec comes back here
  std::string name_;
  std::optional<int> code_;
};

}  // namespace mirrorscope
