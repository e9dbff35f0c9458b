// SPDX-License-Identifier: Apache-2.0
// mirrorscope explore: every interleaving of a modelled driver with what can happen around it, judged by the rules and by an oracle.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/output/color.h"
#include "cli/output/explored.h"
#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "crosscheck/counterexample.h"
#include "crosscheck/trial.h"
#include "driver-model/explore/strategy.h"
#include "report/folding.h"
#include "schema/meant.h"

namespace mirrorscope::cli {

namespace {
struct ExploreOptions {
  std::string profile, scenario, mutant, replay, write_trace;
  std::string strategy = "exhaustive";
  bool all = false, list = false, markdown = false, no_reduction = false;
  unsigned jobs = 0, preemptions = 2, changes = 3;
  uint64_t executions = 10'000, states = 100'000'000, seed = 1;
};


void say(const std::string& text) { std::fputs(text.c_str(), stdout); }

void list_profiles() {
  for (const model::Profile& p : model::all_profiles()) {
    say(fmt::format("{}: {}\n  {}\n", p.name, p.says, p.mirrors));
    for (const model::Scenario& s : p.scenarios) say(fmt::format("  scenario {}\n", s.name));
    for (const model::Mutant& m : p.mutants)
      say(fmt::format("  {} {} ({}): {}\n", m.control ? "control" : "mutant ", m.name, m.control ? "must stay clean" : m.rule, m.says));
  }
}

std::string name_of(const Trial& t) {
  return fmt::format("{}{}{} in {}", t.profile->name, t.mutant ? " with " : "", t.mutant ? t.mutant->name : "",
                     t.scenario ? t.scenario->name : "?");
}

std::string again(const Trial& t, const model::Schedule& s) {
  return fmt::format("mirrorscope explore {} --scenario {}{}{} --replay {}", t.profile->name, t.scenario->name,
                     t.mutant ? " --mutant " : "", t.mutant ? t.mutant->name : "", model::to_text(s));
}

// A line on the terminal while it takes longer than two seconds.
class Counting {
 public:
  Counting(std::atomic<uint64_t>& n, std::string what) : n_(n), what_(std::move(what)) {
    if (!isatty(STDERR_FILENO)) return;
    ticker_ = std::jthread([this](std::stop_token stop) {
      for (int tenths = 0; !stop.stop_requested(); ++tenths) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (tenths >= 20 && tenths % 5 == 0) std::fprintf(stderr, "\r%s %s ", grouped(n_.load()).c_str(), what_.c_str()), shown_ = true;
      }
    });
  }
  ~Counting() {
    if (!ticker_.joinable()) return;
    ticker_.request_stop();
    ticker_.join();
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }

 private:
  std::atomic<uint64_t>& n_;
  std::string what_;
  bool shown_ = false;
  std::jthread ticker_;
};

template <typename List>
std::vector<std::string> names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& row : list) names.emplace_back(row.name);
  return names;
}

int no_profile(const std::string& name) {
  return refuse("explore", no_such("profile", name, names_of(model::all_profiles()), "`mirrorscope explore --list` names them"));
}

template <typename List>
std::string none_in(const ExploreOptions& o, std::string_view kind, const std::string& name, const List& list) {
  return no_such(kind, name, names_of(list), "`mirrorscope explore --list` names those of " + o.profile);
}

int explore_all(const ExploreOptions& o) {
  std::vector<Trial> trials;
  for (const model::Profile& p : model::all_profiles())
    if (o.profile.empty() || p.name == o.profile)
      for (const Trial& t : trials_of(p)) trials.push_back(t);
  if (trials.empty()) return no_profile(o.profile);
  std::atomic<uint64_t> done{0};
  std::vector<TrialResult> outcomes;
  const auto began = std::chrono::steady_clock::now();
  {
    Counting progress(done, fmt::format("of {} explored", trials.size()));
    outcomes = run_trials(trials, o.jobs ? o.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, 8u), &done);
  }
  const bool wrong = std::any_of(outcomes.begin(), outcomes.end(), [](const TrialResult& r) { return r.ending == Ending::wrong; });
  if (o.markdown) {
    say(to_markdown(outcomes));
    return wrong ? exit_violated : exit_ok;
  }
  size_t ends[4] = {};
  uint64_t states = 0;
  for (const TrialResult& r : outcomes) {
    ++ends[static_cast<size_t>(r.ending)];
    states += r.covered.states;
    say(fmt::format("{:13} {:16} {:12} {:34} {:>9} states {:6.2f} s  {}{}{}\n", to_string(r.ending), r.trial.profile->name,
                    r.trial.scenario ? r.trial.scenario->name : "?", r.trial.mutant ? r.trial.mutant->name : "-", grouped(r.covered.states), r.seconds,
                    r.trial.mutant ? r.trial.mutant->rule : "", r.because.empty() ? "" : ": ", r.because));
  }
  const auto took = std::chrono::steady_clock::now() - began;
  say(fmt::format("{} clean, {} killed, {} wait for their rule, {} wrong; {} states in {}\n", ends[0], ends[1], ends[2], ends[3],
                  grouped(states), in_seconds(took)));
  return wrong ? exit_violated : exit_ok;
}

// The simplest execution of each finding, and how to see it again.
int tell(const Trial& t, const model::Model& m, const Crosscheck& crosscheck, const model::Covered& c, const ExploreOptions& o) {
  bool found = false;
  std::optional<model::Schedule> first;
  for (const auto& [id, r] : crosscheck.reported()) {
    const bool smell = r.rule->info.level == Level::smell;
    found |= !smell;
    const model::Schedule s = shortest(m, {id}).value_or(r.schedule);
    if (!smell && !first) first = s;
    say(fmt::format("  {} {} ({}), in {} of {} executions judged\n    {}\n    {}\n", id, r.rule->info.name, to_string(r.rule->info.level),
                    grouped(r.executions), grouped(crosscheck.judged()), r.what, again(t, s)));
  }
  if (c.hits) {
    found = true;
    const model::Schedule s = shortest(m, {{}, c.hits}).value_or(c.first_hit);
    if (!first) first = s;
    say(fmt::format("  oracle: {}\n    {}\n", model::to_text(c.hits), again(t, s)));
  }
  if (!found) say("  no rule is violated, and the oracle sees no harm\n");
  const Agreement& a = crosscheck.agreement();
  if (found)
    say(fmt::format("  executions: {} with both, {} with rules only, {} with the oracle only, {} with neither\n", grouped(a.both),
                    grouped(a.rules_only), grouped(a.oracle_only), grouped(a.neither)));
  if (!o.write_trace.empty() && first) {
    auto written = write_trace(m, *first, o.write_trace);
    if (!written) return refuse("explore", written.error().message);
    say("  written: " + o.write_trace + "; mirrorscope check " + o.write_trace + "\n");
  }
  return found ? exit_violated : exit_ok;
}

int explore_one(const Trial& t, const ExploreOptions& o) {
  const model::Model m = model::model_of(*t.profile, *t.scenario, t.mutant);
  if (!o.replay.empty()) {
    const auto schedule = model::parse_schedule(o.replay);
    if (!schedule) return refuse("explore", "'" + o.replay + "' is no schedule; one looks like a3ba2");
    return replay_schedule(m, *schedule, o.write_trace);
  }
  std::atomic<uint64_t> n{0};
  model::Bounds b;
  b.states = o.states;
  b.preemptions = o.preemptions;
  b.change_points = o.changes;
  b.seed = o.seed;
  b.reduction = !o.no_reduction;
  b.progress = &n;
  const model::Strategy& strategy = *model::strategy_named(o.strategy);
  if (strategy.samples) b.executions = o.executions;
  Crosscheck crosscheck({});
  model::Covered c;
  {
    Counting progress(n, strategy.counts_states ? "states" : "executions");
    c = strategy.explore(m, b, &crosscheck);
  }
  say(name_of(t) + ": " + model::to_text(c) + "\n");
  return tell(t, m, crosscheck, c, o);
}

int explore(const ExploreOptions& o) {
  if (o.list) return list_profiles(), exit_ok;
  if (o.all || o.markdown) return explore_all(o);
  if (o.profile.empty()) return refuse("explore", "which profile? `mirrorscope explore --list` names them");
  const model::Profile* p = model::profile_named(o.profile);
  if (!p) return no_profile(o.profile);
  const model::Mutant* mutant = o.mutant.empty() ? nullptr : model::mutant_named(*p, o.mutant);
  if (!o.mutant.empty() && !mutant) return refuse("explore", none_in(o, "mutant", o.mutant, p->mutants));
  if (!o.scenario.empty() && !model::scenario_named(*p, o.scenario)) return refuse("explore", none_in(o, "scenario", o.scenario, p->scenarios));
  if (!o.replay.empty() && o.scenario.empty() && !mutant && p->scenarios.size() > 1)
    return refuse("explore", "--replay needs the --scenario that the schedule is of");
  int worst = exit_ok;
  for (const model::Scenario& s : p->scenarios) {
    const model::Scenario* chosen = !o.scenario.empty() ? model::scenario_named(*p, o.scenario)
                                    : mutant            ? model::scenario_named(*p, mutant->scenario)
                                                        : &s;
    const int code = explore_one({p, chosen, mutant}, o);
    worst = std::max(worst, code);
    if (chosen != &s || !o.scenario.empty() || mutant) break;
  }
  return worst;
}
}  // namespace

void add_explore(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("explore", "try every interleaving of a modelled driver and its surroundings, and judge each");
  auto o = std::make_shared<ExploreOptions>();
  sub->add_option("PROFILE", o->profile, "which driver; --list names them")->option_text("");
  sub->add_option("--mutant", o->mutant, "with this mistake built in")->option_text("NAME");
  sub->add_option("--scenario", o->scenario, "only this one (default: all, of a mutant its own)")->option_text("NAME");
  std::vector<std::string> strategies;
  std::string what = "which executions";
  for (const model::Strategy& s : model::all_strategies()) {
    what += fmt::format("{} {}{}: {}", strategies.empty() ? ";" : ",", s.name, s.name == o->strategy ? " (default)" : "", s.says);
    strategies.emplace_back(s.name);
  }
  sub->add_option("--strategy", o->strategy, what)->check(CLI::IsMember(strategies))->option_text("NAME");
  sub->add_option("--replay", o->replay, "run this one schedule, print its records and what is found in it")->option_text("SCHEDULE");
  sub->add_option("--write-trace", o->write_trace, "write the execution of the first finding, or the replayed one, as a trace")
      ->option_text("DIR");
  sub->add_flag("--all", o->all, "every scenario and every mutant of every profile, or of PROFILE: is each as it should be?");
  sub->add_flag("--markdown", o->markdown, "the same as docs/mutants.md");
  add_color_option(*sub);
  sub->add_flag("--list", o->list, "profiles, scenarios, mutants");
  sub->add_option("-j,--jobs", o->jobs, "threads for --all (default: all CPUs, at most 8)")->check(CLI::Range(0u, 256u))->option_text("N");
  sub->add_option("--executions", o->executions, "pct, random: how many (default 10000)")->option_text("N");
  sub->add_option("--seed", o->seed, "pct, random: where the dice begin (default 1)")->option_text("N");
  sub->add_option("--preemptions", o->preemptions, "bounded: how many (default 2)")->option_text("N");
  sub->add_option("--changes", o->changes, "pct: changes of priority (default 3)")->option_text("N");
  sub->add_option("--states", o->states, "exhaustive: give up after so many (default 100 million)")->option_text("N");
  sub->add_flag("--no-reduction", o->no_reduction, "without partial-order reduction and symmetry");
  sub->footer(
      "A profile is a driver written as a small program over a model of mm/mmu_notifier.c, mm/hmm.c and mm/migrate_device.c. It emits the\n"
      "records that the probes would, and the rules of `check` judge them. The oracle looks at the modelled memory instead: did a device\n"
      "reach a page that is free, reused, or not what the process sees? Is a write lost, does everybody wait, is something left over?\n"
      "\n"
      "A schedule is a letter per thread, in the order of the scenario, and how many steps in a row: a3ba2. Where a step has two\n"
      "outcomes, a capital letter is the second.\n"
      "\n"
      "Exit codes: 0 nothing found, all as it should be; 1 a rule is violated or the oracle sees harm; 2 usage.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope explore --list\n"
      "  mirrorscope explore hmm_mirror                                       every scenario, exhaustively\n"
      "  mirrorscope explore hmm_mirror --mutant skip_read_retry              what does the mistake lead to?\n"
      "  mirrorscope explore hmm_mirror --mutant skip_read_retry --write-trace run && mirrorscope check --explain run\n"
      "  mirrorscope explore --all                                            the whole model, as in the tests");
  sub->callback([o, &exit_code] { exit_code = explore(*o); });
}

}  // namespace mirrorscope::cli
