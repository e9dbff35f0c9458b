// SPDX-License-Identifier: Apache-2.0
// How a verdict becomes an outcome: level and baseline take weight away, --require adds it.
#include "report/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/folding.h"

namespace mirrorscope {

namespace {
RuleOutcome outcome_of(const RuleResult& r, const Report& report, const std::vector<Finding>& findings, const Insistence& insist) {
  const bool counts = r.rule->info.level <= insist.strict;
  const bool required = std::find(insist.required.begin(), insist.required.end(), r.rule) != insist.required.end();
  const std::string_view id = r.rule->info.id;
  switch (r.verdict) {
    case Verdict::violated: {
      const bool known = std::all_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.rule != &r || f.known; });
      const std::string often = r.broken == 1 ? "violated once" : fmt::format("violated {} times", grouped(r.broken));
      // some of every cause are kept, so what is known of them is known of all, unless there were more causes than are kept
      if (known && r.all_causes) return {&r, Outcome::known, often + ", all of it in the baseline"};
      if (known) return {&r, counts ? Outcome::fail : Outcome::tolerated, often + ", by more causes than are kept and could be compared with the baseline"};
      return {&r, counts ? Outcome::fail : Outcome::tolerated, often};
    }
    case Verdict::inconclusive: return {&r, counts ? Outcome::unclear : Outcome::tolerated, r.reason};
    case Verdict::not_observable:
      if (report.blind) return {&r, Outcome::unclear, r.reason};
      return {&r, required ? Outcome::unclear : Outcome::skip,
              required ? fmt::format("{} is required and not observable: {}", id, r.reason) : r.reason};
    case Verdict::never_exercised:
      return {&r, required ? Outcome::unclear : Outcome::unused,
              required ? fmt::format("{} is required and was never exercised: {}", id, r.reason) : "never exercised: " + r.reason};
    case Verdict::holds: break;
  }
  return {&r, Outcome::pass, {}};
}
}  // namespace

std::vector<RuleOutcome> outcomes_of(const Report& report, const std::vector<Finding>& findings, const Insistence& insist) {
  std::vector<RuleOutcome> list;
  for (const RuleResult& r : report.rules) list.push_back(outcome_of(r, report, findings, insist));
  return list;
}

}  // namespace mirrorscope
