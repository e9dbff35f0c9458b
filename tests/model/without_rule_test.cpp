// SPDX-License-Identifier: Apache-2.0
// If the rule that a mutant names were not there, would another report the mutant by accident? Only those that the mutant lists may.
#include <gtest/gtest.h>

#include <algorithm>

#include "crosscheck/trial.h"

namespace mirrorscope {
namespace {

std::vector<Trial> mutants() {
  std::vector<Trial> trials;
  for (const model::Profile& p : model::all_profiles())
    for (const Trial& t : trials_of(p))
      if (t.mutant && !t.mutant->control) trials.push_back(t);
  return trials;
}

class WithoutItsRule : public testing::TestWithParam<Trial> {};

TEST_P(WithoutItsRule, only_what_is_implied_reports) {
  const model::Mutant& mutant = *GetParam().mutant;
  ASSERT_TRUE(rule_named(mutant.rule));
  JuryOptions others;
  for (const RuleDef* rule : all_rules())
    if (rule != rule_named(mutant.rule) && rule->info.level != Level::smell) others.rules.push_back(rule);
  Crosscheck crosscheck(others);
  const model::Covered c = model::explore("exhaustive", model::model_of(*GetParam().profile, *GetParam().scenario, &mutant), {}, &crosscheck);
  EXPECT_TRUE(c.exhaustive) << c.bound;
  EXPECT_EQ(crosscheck.judged(), c.executions);  // every one, not only those before a finding
  for (const auto& [id, reported] : crosscheck.reported())
    EXPECT_TRUE(std::find(mutant.implied.begin(), mutant.implied.end(), id) != mutant.implied.end()) << id << ": " << reported.what;
}

INSTANTIATE_TEST_SUITE_P(all, WithoutItsRule, testing::ValuesIn(mutants()), [](const testing::TestParamInfo<Trial>& at) {
  return std::string(at.param.profile->name) + "_" + std::string(at.param.mutant->name);
});

}  // namespace
}  // namespace mirrorscope
