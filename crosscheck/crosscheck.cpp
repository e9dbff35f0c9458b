// SPDX-License-Identifier: Apache-2.0
// Executions through the engine, one by one.
#include "crosscheck/crosscheck.h"

namespace mirrorscope {

Report judge(model::Records& records, const std::vector<const RuleDef*>& rules) {
  std::vector<std::unique_ptr<Engine>> engine;
  engine.push_back(std::make_unique<Engine>(EngineOptions{rules, {}, 0, 1}));
  records.each([&](const ev_header& h) { engine[0]->feed(h); });
  return Engine::finish(engine);
}

const Reported* Crosscheck::by(std::string_view rule) const {
  auto it = reported_.find(rule);
  return it == reported_.end() ? nullptr : &it->second;
}

bool Crosscheck::execution(const model::Execution& e, bool& stop) {
  if (left_ == 0) {
    stop |= options_.stop;
    return false;
  }
  if (left_ != UINT64_MAX) --left_;
  const Report report = judge(e.records, options_.rules);
  ++judged_;
  bool any = false;
  for (const RuleResult& r : report.rules) {
    if (r.verdict != Verdict::violated) continue;
    any |= r.rule->info.level != Level::smell;
    Reported& seen = reported_[r.rule->info.id];
    if (!seen.executions++) {
      seen.rule = r.rule;
      seen.schedule = e.schedule;
      seen.what = r.findings.empty() ? "" : r.findings.front().what;
    }
    if (r.rule->info.id == options_.until && left_ == UINT64_MAX) left_ = options_.beyond;
  }
  Agreement& a = agreement_;
  if (any && e.hits) {
    ++a.both;
  } else if (any) {
    if (!a.rules_only++) a.first_rules_only = e.schedule;
  } else if (e.hits) {
    if (!a.oracle_only++) a.first_oracle_only = e.schedule;
  } else {
    ++a.neither;
  }
  return true;
}

}  // namespace mirrorscope
