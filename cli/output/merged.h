// SPDX-License-Identifier: Apache-2.0
// How a command that merges results ends.
#pragma once

#include <string>

#include "cli/options/concluding.h"
#include "cli/options/results.h"

namespace mirrorscope::cli {

// Says what is missing or wrong, writes the reports and the baseline that are asked for, and returns the exit code.
// `command` as of remark().
int conclude_merged(const std::string& command, ReadResults read, const Conclusions& conclude_by, const Concluding& o);

}  // namespace mirrorscope::cli
