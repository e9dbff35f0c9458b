// SPDX-License-Identifier: Apache-2.0
// What CI shall make of each rule, given what the user insists on: the exit code and every CI format are derived from this.
#pragma once

#include <string>
#include <vector>

#include "report/findings.h"

namespace mirrorscope {

struct Insistence {
  Level strict = Level::hard;                // breaches of this level and above count
  std::vector<const RuleDef*> required;      // must have been observable and judged at least once
};

enum class Outcome : uint8_t {
  pass,       // it holds
  known,      // violated, and the baseline has every finding of it
  tolerated,  // violated or in doubt, and its level does not count
  fail,       // violated
  unclear,    // records were lost where it matters, or it is required and was not judged
  skip,       // not observable here, and not required
  unused,     // never exercised, and not required
};

inline constexpr size_t kOutcomes = 7;

struct RuleOutcome {
  const RuleResult* rule = nullptr;
  Outcome outcome = Outcome::pass;
  std::string why;  // one sentence for everything but pass
};

// One per rule of the report, in its order. `findings` are those of the same report.
std::vector<RuleOutcome> outcomes_of(const Report& report, const std::vector<Finding>& findings, const Insistence& insist);

}  // namespace mirrorscope
