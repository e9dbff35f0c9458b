// SPDX-License-Identifier: Apache-2.0
// How verdicts become an exit code: violated beats inconclusive beats fine.
#include "cli/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/subcommand.h"

namespace mirrorscope::cli {

Conclusion conclude(const Report& report, const Insistence& insist) {
  bool violated = false;
  bool inconclusive = false;
  std::vector<std::string> because;
  for (const RuleResult& r : report.rules) {
    const bool counts = r.rule->info.level <= insist.strict;
    if (counts && r.verdict == Verdict::violated) violated = true;
    if (counts && r.verdict == Verdict::inconclusive) inconclusive = true;
    if (std::find(insist.required.begin(), insist.required.end(), r.rule) == insist.required.end()) continue;
    if (r.verdict == Verdict::not_observable) {
      inconclusive = true;
      because.push_back(fmt::format("{} is required and not observable: {}", r.rule->info.id, r.reason));
    } else if (r.verdict == Verdict::holds && r.held == 0) {
      inconclusive = true;
      because.push_back(fmt::format("{} is required and nothing in the trace was an occasion to judge it", r.rule->info.id));
    }
  }
  return {violated ? exit_violated : inconclusive ? exit_inconclusive : exit_ok, because};
}

}  // namespace mirrorscope::cli
