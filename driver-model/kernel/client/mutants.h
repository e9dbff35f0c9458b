// SPDX-License-Identifier: Apache-2.0
// What it takes to make a mutant go wrong: which traffic, against which change of memory.
#pragma once

#include <string_view>

#include "driver-model/kernel/client/device.h"

namespace mirrorscope::device {

struct MutantResult {
  int error = 0;
  mirrorscope_stats stats{};
};

// Runs the scenario of one mutant in this process: so many changes of memory against its device.
MutantResult run_mutant(const Mutant& mutant, unsigned rounds);

}  // namespace mirrorscope::device
