// SPDX-License-Identifier: Apache-2.0
// How outcomes become an exit code: violated beats inconclusive beats fine.
#include "cli/output/verdict.h"

#include <algorithm>
#include <iterator>

#include "cli/subcommand.h"

namespace mirrorscope::cli {

Conclusion conclude(const std::vector<RuleOutcome>& outcomes) {
  bool violated = false;
  bool unclear = false;
  std::vector<std::string> because;
  for (const RuleOutcome& o : outcomes) {
    violated |= o.outcome == Outcome::fail;
    unclear |= o.outcome == Outcome::unclear;
    // what the report does not say: it holds or cannot be observed, and --require asked for more
    if (o.outcome == Outcome::unclear && o.rule->verdict != Verdict::inconclusive) because.push_back(o.why);
  }
  return {violated ? exit_violated : unclear ? exit_inconclusive : exit_ok, because};
}

Conclusion conclude(const Report& report, const Insistence& insistence) {
  return conclude(outcomes_of(report, findings_of(report, {}), insistence));
}

int worse(int a, int b) {
  constexpr int kOrder[] = {exit_ok, exit_inconclusive, exit_violated, exit_unusable};
  return std::find(std::begin(kOrder), std::end(kOrder), a) < std::find(std::begin(kOrder), std::end(kOrder), b) ? b : a;
}

}  // namespace mirrorscope::cli
