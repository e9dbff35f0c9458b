// SPDX-License-Identifier: Apache-2.0
// How the command whose work is recorded is started, held until the probes are ready, and ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "trace/owned_fd.h"
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
  int fd() const { return pidfd_.get(); }

  // Lets it go. An error if the program cannot be executed.
  Result<void> go();
  // Its exit code once it has ended, 128 + the signal if one ended it.
  std::optional<int> ended();
  // SIGTERM, and SIGKILL when it has not ended after `patience`; with the rights that prepare() had. Returns what ended() does.
  int end(std::chrono::milliseconds patience);

 private:
  explicit Command(std::string name) : name_(std::move(name)) {}
  Result<void> make_child(const std::vector<std::string>& words);
  Result<void> hold_rights();
  void send(int signal) const;

  pid_t pid_ = -1;
  OwnedFd pidfd_;
  OwnedFd gate_;    // closing it without writing ends the waiting child, writing lets it go
  OwnedFd answer_;  // the errno of a failed exec comes back here
  // A byte into this pipe sends the command the signal that is set for its reading end. Whether it may be sent is asked of whoever set that up
  // (F_SETOWN of fcntl(2); fs/fcntl.c, sigio_perm()) and not of whoever writes: the command runs as root, and the recorder no longer does.
  OwnedFd trigger_, triggered_;
  std::string name_;
  std::optional<int> code_;
};

}  // namespace mirrorscope
