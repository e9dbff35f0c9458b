// SPDX-License-Identifier: Apache-2.0
// One task of a plan: its traces, one after the other, each checked by a process of its own.
#pragma once

#include <cstdint>

#include "fleet/plan.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

struct TaskOutcome {
  uint32_t checked = 0;  // now
  uint32_t there = 0;    // had a result already
  uint32_t open = 0;     // have none: the check died, or the trace cannot be read or is another one than was planned
  TaskOutcome& operator+=(const TaskOutcome& more);
};

// Leaves a result, or why there is none, for every trace of the task (results.h). Can be run again at any time, and by
// several at once: what has a result is not checked again, and what did not end the last time comes last. Each check
// uses `jobs` threads. The process must have one thread. An Error if nothing can be written there.
Result<TaskOutcome> run_task(const Plan& plan, uint32_t task, unsigned jobs);

}  // namespace mirrorscope::fleet
