// SPDX-License-Identifier: Apache-2.0
// What the analyzer's rules say about explored executions, beside what the oracle says: the same engine that judges recorded traces.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/engine.h"
#include "driver-model/explore/explore.h"

namespace mirrorscope {

struct JuryOptions {
  std::vector<const RuleDef*> rules;     // empty = all
  std::string_view until{};              // a rule: once it has reported, `beyond` more executions are judged and no more
  uint64_t beyond = 500;
  bool stop = false;                     // and the exploration ends with them
};

// One rule's findings over all executions.
struct Reported {
  const RuleDef* rule = nullptr;
  uint64_t executions = 0;          // in how many
  model::Schedule schedule;         // the first
  std::string what;                 // its first finding there
};

// How often rules and oracle agree, per judged execution. Smells do not count.
struct Agreement {
  uint64_t neither = 0, both = 0, rules_only = 0, oracle_only = 0;
  model::Schedule first_oracle_only, first_rules_only;
};

class Crosscheck final : public model::Observer {
 public:
  explicit Crosscheck(JuryOptions options) : options_(std::move(options)) {}
  bool execution(const model::Execution& e, bool& stop) override;

  const std::map<std::string_view, Reported>& reported() const { return reported_; }
  const Reported* by(std::string_view rule) const;
  const Agreement& agreement() const { return agreement_; }
  uint64_t judged() const { return judged_; }

 private:
  JuryOptions options_;
  std::map<std::string_view, Reported> reported_;
  Agreement agreement_;
  uint64_t judged_ = 0, left_ = UINT64_MAX;
};

// The report of one execution, for printing.
Report judge(model::Records& records, const std::vector<const RuleDef*>& rules);

}  // namespace mirrorscope
