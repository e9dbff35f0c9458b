// SPDX-License-Identifier: Apache-2.0
// From directories to a plan that lies where every task finds it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/plan.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

struct Wanted {
  std::vector<std::string> archives;
  std::string results;             // directory of plans and results; made if it is not there
  std::vector<std::string> rules;  // ids; empty: all
  uint64_t memory = 0;             // as in Plan
  Sizes sizes;
};

struct Planned {
  Plan plan;
  std::filesystem::path file;  // that the plan is in, absolute

  uint64_t open_bytes() const;  // of traces that have no result
  size_t open() const;          // so many
};

Result<Planned> plan_archives(const Wanted& wanted);

}  // namespace mirrorscope::fleet
