// SPDX-License-Identifier: Apache-2.0
// What exit code outcomes mean.
#pragma once

#include <string>
#include <vector>

#include "report/outcome.h"

namespace mirrorscope::cli {

// Sentences for what keeps the result from being 0, besides the report itself.
struct Conclusion {
  int exit_code;
  std::vector<std::string> because;
};

Conclusion conclude(const std::vector<RuleOutcome>& outcomes);
Conclusion conclude(const Report& report, const Insistence& insistence);

// Of two exit codes the worse: cannot read, then violated, then inconclusive.
int worse(int a, int b);

}  // namespace mirrorscope::cli
