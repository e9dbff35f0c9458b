// SPDX-License-Identifier: Apache-2.0
// Work in a process of its own: whatever happens to it, happens to it alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "trace/result.h"

namespace mirrorscope::fleet {

struct Ending {
  int exit_code = 0;  // 128 + the signal, if one ended it
  std::string says;   // what it wrote to standard error, at most 4096 bytes of it; if it wrote nothing, what ended it
};

// Runs `work` in a copy of this process, which must have one thread, and waits for it. It may use `memory` bytes of
// address space (0: no limit of ours), is the first that the kernel ends when memory is short, and dies when this
// process does. What does not fit into memory is exit code 2 and a sentence.
Result<Ending> in_child(const std::function<int()>& work, uint64_t memory);

// The same without waiting and without limits: standard error stays what it is. For wait(2), or end_of().
Result<pid_t> start_child(const std::function<int()>& work);
// From what wait(2) says.
int exit_code_of(int status);

}  // namespace mirrorscope::fleet
