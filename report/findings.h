// SPDX-License-Identifier: Apache-2.0
// The findings of a report as a list: each has a name to ask for ("SEQ-01/2") and a key that stays the same in the next recording.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/render/text.h"

namespace mirrorscope {

struct Finding {
  const RuleResult* rule = nullptr;
  const Candidate* what = nullptr;
  size_t number = 0;  // from 1, among those of its rule
  std::string id;     // "SEQ-01/2"
  std::string key;    // rule, callback, reason, the events that prove it: no address, no task, no time
  bool known = false;  // the baseline has it
  // of a merged result (report/result/merged.h):
  std::string seen{};   // how often, in how many traces, and in which one `what` was
  std::string trace{};  // path of that trace
};

// The key of a breach that `rule` keeps.
std::string key_of(const RuleResult& rule, const Candidate& breach, const Report& report, const RecordFinder& find);

// In the order to read them: what is violated before what is inconclusive, and of each what is hard before hazards and smells; then the rest.
std::vector<const RuleResult*> worst_first(const Report& report);
// Of rules that are violated the breaches, of rules that are inconclusive the doubtful ones; worst first.
std::vector<Finding> findings_of(const Report& report, const RecordFinder& find);
// "SEQ-01/2", or "SEQ-01" for its first; null if there is none.
const Finding* finding_named(const std::vector<Finding>& findings, std::string_view id);

}  // namespace mirrorscope
