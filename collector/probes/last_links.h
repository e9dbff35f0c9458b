// SPDX-License-Identifier: Apache-2.0
// Who waits until the programs are out of the kernel's functions? For each one the kernel goes through every function that it can trace, several
// times (update_ftrace_direct_mod() and _del(), kernel/trace/ftrace.c): some hundred programs take it seconds.
//
// So the links are left to a process of their own, which holds them, nothing else, and ends. What was recorded is on disk by then, and the
// programs do nothing any more.
#pragma once

#include <span>

#include "trace/owned_fd.h"

namespace mirrorscope {

class LastLinks {
 public:
  LastLinks() = default;
  // Makes the process. It lets go of `links` when this object has ended: who closes an fd after that would do the work himself. Without the
  // process (EAGAIN, ENOMEM) nothing is different but the time that closing takes.
  explicit LastLinks(std::span<const int> links);

 private:
  OwnedFd open_;  // the process waits until it is closed
};

}  // namespace mirrorscope
