// SPDX-License-Identifier: Apache-2.0
// The tasks of a plan on the cores of this machine: each as a process that does what a task of a cluster does.
#pragma once

#include <functional>

#include "fleet/plan.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

// Runs `task` for 0, 1, ... tasks - 1, each in a process of its own, `at_once` of them at a time; it returns an exit
// code. `ended` is told of each. The process must have one thread.
Result<void> run_all(uint32_t tasks, unsigned at_once, const std::function<int(uint32_t)>& task,
                     const std::function<void(uint32_t task, int exit_code)>& ended);

}  // namespace mirrorscope::fleet
