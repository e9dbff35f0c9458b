// SPDX-License-Identifier: Apache-2.0
// What exit code a report means, given what the user insists on.
#pragma once

#include <string>
#include <vector>

#include "analyzer/engine.h"

namespace mirrorscope::cli {

struct Insistence {
  Level strict = Level::hard;                // breaches of this level and above count
  std::vector<const RuleDef*> required;      // must have been observable and judged at least once
};

// Sentences for what keeps the result from being 0, besides the report itself.
struct Conclusion {
  int exit_code;
  std::vector<std::string> because;
};

Conclusion conclude(const Report& report, const Insistence& insistence);

}  // namespace mirrorscope::cli
