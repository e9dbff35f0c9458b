// SPDX-License-Identifier: Apache-2.0
// A look at every key.
#include "fleet/gather.h"

namespace mirrorscope::fleet {

Gathered gather(const Plan& plan) {
  const Results results(plan.output);
  Gathered out;
  for (const PlannedTrace& t : plan.traces) {
    std::error_code ignored;
    std::filesystem::path file = results.file(t.key);
    if (std::filesystem::is_regular_file(file, ignored))
      out.files.push_back(std::move(file));
    else
      out.open.emplace_back(t.trace.path,
                            results.unfinished(t.key).value_or(Unfinished{0, "nobody has begun to check it"}));
  }
  return out;
}

}  // namespace mirrorscope::fleet
