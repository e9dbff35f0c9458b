// SPDX-License-Identifier: Apache-2.0
// Whose the calls are that were counted: the name of a job, a pod or the like for a row, and a tally with a row for
// each of them.
#pragma once

#include <string>

#include "schema/workload.h"
#include "tally/snapshot.h"

namespace mirrorscope {

// Names of those that have none. A path always begins with "/", and no unit, pod, container or job has a parenthesis in
// its name.
inline constexpr std::string_view kNobodys = "(none)";  // the process is in no job, or it is the kernel's own work
inline constexpr std::string_view kNotKnown = "(not known)";  // it had ended before it could be asked

// "4711" by job, as it can be shown (schema/shown.h).
std::string whose(const TallyRow& row, WorkloadSide side);

// One row per name, kind and driver or reason: its name is `comm`, its `tgid` a number from 1 on that stands for the
// name. Pinned memory is added up, too.
Tally added_up(const Tally& tally, WorkloadSide side);

}  // namespace mirrorscope
