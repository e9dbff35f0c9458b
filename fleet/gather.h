// SPDX-License-Identifier: Apache-2.0
// What there is to be merged of a plan, and what is missing.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fleet/plan.h"
#include "fleet/results.h"

namespace mirrorscope::fleet {

struct Gathered {
  std::vector<std::filesystem::path> files;  // results, in the order of the plan's traces
  // Paths of traces that have no result, and why.
  std::vector<std::pair<std::string, Unfinished>> open;
};

Gathered gather(const Plan& plan);

}  // namespace mirrorscope::fleet
