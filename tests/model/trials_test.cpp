// SPDX-License-Identifier: Apache-2.0
// Does every scenario stay clean, is every mutant reported by its rule and by no other, and does each finding replay?
#include <gtest/gtest.h>

#include "crosscheck/counterexample.h"
#include "crosscheck/trial.h"

namespace mirrorscope {
namespace {

std::vector<Trial> all_trials() {
  std::vector<Trial> trials;
  for (const model::Profile& p : model::all_profiles())
    for (const Trial& t : trials_of(p)) trials.push_back(t);
  return trials;
}

class Trials : public testing::TestWithParam<Trial> {};

TEST_P(Trials, ends_as_its_profile_says) {
  const TrialResult o = run_trial(GetParam());
  EXPECT_NE(o.ending, Ending::wrong) << o.because;
  if (o.ending != Ending::killed) return;
  // the simplest execution of the finding, from its text, shows it again
  const model::Model m = model::model_of(*o.trial.profile, *o.trial.scenario, o.trial.mutant);
  const auto schedule = shortest(m, {o.trial.mutant->rule});
  ASSERT_TRUE(schedule) << "no execution with few preemptions shows it";
  Crosscheck crosscheck({});
  model::explore_replay(m, *model::parse_schedule(model::to_text(*schedule)), &crosscheck);
  EXPECT_TRUE(crosscheck.by(o.trial.mutant->rule)) << model::to_text(*schedule);
}

INSTANTIATE_TEST_SUITE_P(all, Trials, testing::ValuesIn(all_trials()), [](const testing::TestParamInfo<Trial>& at) {
  std::string name(at.param.profile->name);
  name += "_" + std::string(at.param.scenario ? at.param.scenario->name : "none");
  return at.param.mutant ? name + "_" + std::string(at.param.mutant->name) : name;
});

// A mutant that nothing else can tell from the driver as it should be is no mutant.
TEST(mutants, each_names_a_scenario_and_a_rule_or_is_a_control) {
  for (const model::Profile& p : model::all_profiles()) {
    EXPECT_FALSE(p.mutants.empty()) << p.name;
    for (const model::Mutant& m : p.mutants) {
      EXPECT_TRUE(model::scenario_named(p, m.scenario)) << p.name << " " << m.name;
      EXPECT_NE(m.rule.empty(), !m.control) << p.name << " " << m.name;
      EXPECT_FALSE(m.edits.empty()) << p.name << " " << m.name;
    }
  }
}

}  // namespace
}  // namespace mirrorscope
