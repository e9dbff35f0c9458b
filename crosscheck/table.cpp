// SPDX-License-Identifier: Apache-2.0
// The page that says which profile was exhausted, which mutant was killed by which rule, and what the oracle says of it.
#include <fmt/format.h>

#include "crosscheck/trial.h"

namespace mirrorscope {

namespace {
std::string others(const TrialResult& o) {
  std::string text;
  for (const Reported& r : o.reported)
    if (r.rule->info.id != o.trial.mutant->rule && r.rule->info.level != Level::smell)
      text.append(text.empty() ? "" : ", ").append(r.rule->info.id);
  return text;
}
}  // namespace

std::string to_markdown(const std::vector<TrialResult>& outcomes) {
  std::string text =
      "# Profiles and mutants\n\n"
      "Made by `mirrorscope explore --all --markdown`; a test compares. A profile is a driver as a small program; each of its scenarios is\n"
      "explored until nothing is left, and neither a rule nor the oracle may find anything. A mutant is one change of such a program; the\n"
      "named rule must report it, no other may unless it is listed, and the oracle says whether the change does harm in that scenario.\n"
      "[mutant-classes.md](mutant-classes.md) says which mistakes of real drivers they stand for.\n"
      "States are those of the reduced exploration, executions end in a state where nobody can go on or in one that was seen before.\n";
  const model::Profile* profile = nullptr;
  bool mutants = false;
  for (const TrialResult& o : outcomes) {
    const bool control = o.trial.mutant && o.trial.mutant->control;
    if (o.trial.profile != profile) {
      profile = o.trial.profile;
      mutants = false;
      text += fmt::format("\n## {}\n\n{}: {}.\n\n| scenario | states | transitions | executions | ends |\n|---|---|---|---|---|\n",
                          profile->name, profile->mirrors, profile->says);
    }
    const auto& c = o.covered;
    if (!o.trial.mutant) {
      text += fmt::format("| {} | {} | {} | {} | {} |\n", o.trial.scenario->name, c.states, c.transitions, c.executions,
                          to_string(o.ending));
      continue;
    }
    if (!mutants) text += "\n| mutant | what is wrong | scenario | states | rule | ends | also | oracle |\n|---|---|---|---|---|---|---|---|\n";
    mutants = true;
    const model::Mutant& m = *o.trial.mutant;
    const std::string harm = c.hits ? model::to_text(c.hits) : m.why.empty() ? "-" : fmt::format("none: {}", m.why);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", m.name, m.says, o.trial.scenario->name, c.states,
                        control ? "none may" : m.rule, to_string(o.ending), others(o), harm);
  }
  return text;
}

}  // namespace mirrorscope
