// SPDX-License-Identifier: Apache-2.0
// One scenario of one profile, as it is or with one mutant, explored and judged: did come out what the profile says?
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "crosscheck/crosscheck.h"
#include "driver-model/profiles/profile.h"

namespace mirrorscope {

struct Trial {
  const model::Profile* profile;
  const model::Scenario* scenario;
  const model::Mutant* mutant = nullptr;  // null: the driver as it should be
};

// Everything that `explore --all` runs: each scenario as it is, then each mutant in its scenario.
std::vector<Trial> trials_of(const model::Profile& profile);

enum class Ending : uint8_t {
  clean,      // exhausted, nothing reported, nothing seen by the oracle
  killed,     // the named rule reported the mutant, and nothing else is out of place
  waiting,    // the named rule is not written yet
  wrong,      // anything else; `because` says what
};

struct TrialResult {
  Trial trial;
  model::Covered covered;
  Agreement agreement;
  uint64_t judged = 0;
  std::vector<Reported> reported;   // by id; smells too
  Ending ending = Ending::wrong;
  std::string because;
  double seconds = 0;

  const Reported* by(std::string_view rule) const;
};

TrialResult run_trial(const Trial& trial, std::atomic<uint64_t>* progress = nullptr);
// In this order, `jobs` at a time.
std::vector<TrialResult> run_trials(const std::vector<Trial>& trials, unsigned jobs, std::atomic<uint64_t>* done = nullptr);

// docs/mutants.md
std::string to_markdown(const std::vector<TrialResult>& outcomes);

std::string_view to_string(Ending ending);

}  // namespace mirrorscope
