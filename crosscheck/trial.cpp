// SPDX-License-Identifier: Apache-2.0
// Running trials, and what is expected of each.
#include "crosscheck/trial.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace mirrorscope {

namespace {
std::string expected_of_clean(const TrialResult& o) {
  if (!o.covered.exhaustive) return "not exhausted: " + o.covered.bound;
  if (o.covered.hits) return "the oracle sees: " + model::to_text(o.covered.hits);
  for (const Reported& r : o.reported)
    if (r.rule->info.level != Level::smell) return std::string(r.rule->info.id) + " reports: " + r.what;
  return {};
}

std::string expected_of_mutant(const TrialResult& o) {
  const model::Mutant& m = *o.trial.mutant;
  if (!o.covered.exhaustive) return "not exhausted: " + o.covered.bound;
  for (const Reported& r : o.reported) {
    const auto& id = r.rule->info.id;
    const bool named = id == m.rule || std::find(m.implied.begin(), m.implied.end(), id) != m.implied.end();
    if (!named && r.rule->info.level != Level::smell) return std::string(id) + " reports it too, and is not said to: " + r.what;
  }
  const bool harms = o.covered.hits != 0;
  if (m.oracle == model::Oracle::it_harms && !harms) return "the oracle sees no harm";
  if (m.oracle == model::Oracle::harmless && harms) return "the oracle sees harm: " + model::to_text(o.covered.hits);
  if (m.oracle == model::Oracle::harmless && m.why.empty()) return "it does not say why it is harmless";
  if (rule_named(m.rule) && !o.by(m.rule)) return std::string(m.rule) + " does not report it";
  return {};
}
}  // namespace

std::string_view to_string(Ending e) {
  switch (e) {
    case Ending::clean: return "clean";
    case Ending::killed: return "killed";
    case Ending::waiting: return "rule missing";
    case Ending::wrong: return "wrong";
  }
  return "?";
}

const Reported* TrialResult::by(std::string_view rule) const {
  for (const Reported& r : reported)
    if (r.rule->info.id == rule) return &r;
  return nullptr;
}

std::vector<Trial> trials_of(const model::Profile& p) {
  std::vector<Trial> trials;
  for (const model::Scenario& s : p.scenarios) trials.push_back({&p, &s, nullptr});
  for (const model::Mutant& m : p.mutants) trials.push_back({&p, model::scenario_named(p, m.scenario), &m});
  return trials;
}

TrialResult run_trial(const Trial& trial, std::atomic<uint64_t>* progress) {
  TrialResult o;
  o.trial = trial;
  if (!trial.scenario) {
    o.because = "there is no scenario '" + std::string(trial.mutant->scenario) + "'";
    return o;
  }
  const auto began = std::chrono::steady_clock::now();
  const model::Model model = model::model_of(*trial.profile, *trial.scenario, trial.mutant);
  const bool mutant = trial.mutant && !trial.mutant->control;
  JuryOptions options;
  if (mutant) options.until = trial.mutant->rule;
  Crosscheck crosscheck(options);
  model::Bounds bounds;
  bounds.progress = progress;
  o.covered = model::explore("exhaustive", model, bounds, &crosscheck);
  o.agreement = crosscheck.agreement();
  o.judged = crosscheck.judged();
  for (const auto& [id, r] : crosscheck.reported()) o.reported.push_back(r);
  o.because = mutant ? expected_of_mutant(o) : expected_of_clean(o);
  o.ending = !o.because.empty()               ? Ending::wrong
             : !mutant                        ? Ending::clean
             : rule_named(trial.mutant->rule) ? Ending::killed
                                              : Ending::waiting;
  o.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return o;
}

std::vector<TrialResult> run_trials(const std::vector<Trial>& trials, unsigned jobs, std::atomic<uint64_t>* done) {
  std::vector<TrialResult> outcomes(trials.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next++) < trials.size();) {
      outcomes[i] = run_trial(trials[i]);
      if (done) ++*done;
    }
  };
  std::vector<std::thread> others;
  for (unsigned j = 1; j < std::max(1u, jobs); ++j) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  return outcomes;
}

}  // namespace mirrorscope
