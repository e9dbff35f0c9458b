// SPDX-License-Identifier: Apache-2.0
// How a verdict becomes an outcome: level and baseline take weight away, --require adds it.
#include "report/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/folding.h"

namespace mirrorscope {

namespace {
RuleOutcome outcome_of(const RuleResult& r, const std::vector<Finding>& findings, const Insistence& insist) {
  const bool counts = r.rule->info.level <= insist.strict;
  const bool required = std::find(insist.required.begin(), insist.required.end(), r.rule) != insist.required.end();
  const std::string_view id = r.rule->info.id;
  switch (r.verdict) {
    case Verdict::violated: {
      const bool known = std::all_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.rule != &r || f.known; });
      const std::string often = r.broken == 1 ? "violated once" : fmt::format("violated {} times", grouped(r.broken));
      if (known && r.broken <= r.findings.size()) return {&r, Outcome::known, often + ", all of it in the baseline"};
      if (known && !r.findings.empty())
        return {&r, Outcome::known, fmt::format("{}; the first {} are in the baseline, the others were not compared", often, r.findings.size())};
      return {&r, counts ? Outcome::fail : Outcome::tolerated, often};
    }
    case Verdict::inconclusive: return {&r, counts ? Outcome::unclear : Outcome::tolerated, r.reason};
    case Verdict::not_observable:
      return {&r, required ? Outcome::unclear : Outcome::skip,
              required ? fmt::format("{} is required and not observable: {}", id, r.reason) : r.reason};
    case Verdict::holds: break;
  }
  if (required && r.held == 0)
    return {&r, Outcome::unclear, fmt::format("{} is required and nothing in the trace was an occasion to judge it", id)};
  return {&r, Outcome::pass, {}};
}
}  // namespace

std::vector<RuleOutcome> outcomes_of(const Report& report, const std::vector<Finding>& findings, const Insistence& insist) {
  std::vector<RuleOutcome> list;
  for (const RuleResult& r : report.rules) list.push_back(outcome_of(r, findings, insist));
  return list;
}

}  // namespace mirrorscope
