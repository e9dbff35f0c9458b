// SPDX-License-Identifier: Apache-2.0
// Context-bounded search for the simplest execution.
#include "crosscheck/counterexample.h"

#include <tuple>

namespace mirrorscope {

namespace {
class Best final : public model::Observer {
 public:
  explicit Best(const Wanted& w) : wanted_(w) {
    if (!w.rule.empty()) rules_.push_back(rule_named(w.rule));
  }
  bool execution(const model::Execution& e, bool& stop) override {
    if (best && rank(e.schedule) >= rank(*best)) return true;
    if (found(e)) best = e.schedule;
    if (++judged_ == 20'000) stop = true;
    return true;
  }
  std::optional<model::Schedule> best;

 private:
  static std::tuple<unsigned, size_t> rank(const model::Schedule& s) { return {model::switches(s), s.size()}; }
  bool found(const model::Execution& e) const {
    if (rules_.empty()) return e.hits & wanted_.hits;
    return judge(e.records, rules_).rules.front().verdict == Verdict::violated;
  }
  const Wanted& wanted_;
  std::vector<const RuleDef*> rules_;
  uint64_t judged_ = 0;
};
}  // namespace

std::optional<model::Schedule> shortest(const model::Model& m, const Wanted& wanted, unsigned most) {
  for (unsigned preemptions = 0; preemptions <= most; ++preemptions) {
    model::Bounds bounds;
    bounds.preemptions = preemptions;
    bounds.states = 2'000'000;
    Best best(wanted);
    model::explore("bounded", m, bounds, &best);
    if (best.best) return best.best;
  }
  return std::nullopt;
}

}  // namespace mirrorscope
