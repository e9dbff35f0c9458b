// SPDX-License-Identifier: Apache-2.0
// mirrorscope check: were the rules kept in a recorded trace?
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/replay.h"
#include "cli/subcommand.h"
#include "cli/verdict.h"
#include "report/json.h"
#include "report/text.h"

namespace mirrorscope::cli {

namespace {
struct CheckOptions {
  std::vector<std::string> traces;
  std::vector<std::string> rules;
  std::vector<std::string> require;
  std::string format = "text";
  std::string output;
  std::string strict = "hard";
  unsigned jobs = 0;
  unsigned findings = 3;
  bool explain = false;
  bool all = false;
};

int fail_with(const std::string& sentence) {
  std::fprintf(stderr, "mirrorscope check: %s\n", sentence.c_str());
  return exit_unusable;
}

// Returns false if not all of it could be written.
bool write_out(const std::string& text, std::FILE* to) {
  return std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
}

int check_one(const std::string& path, const CheckOptions& o, const ReplayOptions& replay_options, const Insistence& insist,
              std::FILE* out) {
  auto done = replay(path, replay_options);
  if (!done) return fail_with(done.error().message);
  const EvidenceIndex index(*done->reader, done->report);
  const RecordFinder find = [&index](const EventRef& r) { return index.find(r); };
  std::string text;
  if (o.format == "json") {
    text = to_json(done->report, find);
  } else {
    const auto& p = done->reader->provenance();
    text = path + ": kernel " + p.kernel_release + ", mirrorscope " + p.recorder + "\n";
    for (const trace::Damage& d : done->damage) text += "damaged: " + trace::to_text(d) + "\n";
    text += to_text(done->report, {out == stdout && isatty(STDOUT_FILENO) != 0, o.explain, o.all, o.findings}, find);
  }
  const Conclusion conclusion = conclude(done->report, insist);
  for (const std::string& sentence : conclusion.because) std::fprintf(stderr, "mirrorscope check: %s\n", sentence.c_str());
  if (o.format == "text" && conclusion.exit_code == exit_violated && !o.explain)
    text += "next: mirrorscope check --explain " + path + "\n";
  if (!write_out(text, out)) return fail_with("cannot write the report: " + std::string(std::strerror(errno)));
  return conclusion.exit_code;
}

int check(const CheckOptions& o) {
  ReplayOptions replay_options;
  Insistence insist;
  if (!o.rules.empty()) {
    auto chosen = select_rules(o.rules);
    if (!chosen) return fail_with(chosen.error().message);
    replay_options.rules = *chosen;
  }
  if (!o.require.empty()) {
    auto required = select_rules(o.require);
    if (!required) return fail_with(required.error().message);
    insist.required = *required;
    for (const RuleDef* rule : insist.required)
      if (!replay_options.rules.empty() &&
          std::find(replay_options.rules.begin(), replay_options.rules.end(), rule) == replay_options.rules.end())
        return fail_with("--require " + std::string(rule->info.id) + " is not among --rules");
  }
  insist.strict = o.strict == "smell" ? Level::smell : o.strict == "hazard" ? Level::hazard : Level::hard;
  replay_options.jobs = o.jobs ? o.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  replay_options.progress = isatty(STDERR_FILENO) != 0;

  std::FILE* out = stdout;
  if (!o.output.empty()) {
    out = std::fopen(o.output.c_str(), "we");
    if (!out) return fail_with("cannot write " + o.output + ": " + std::strerror(errno));
  }
  // the worst of all traces: cannot read, then violated, then inconclusive
  constexpr int kOrder[] = {exit_ok, exit_inconclusive, exit_violated, exit_unusable};
  int worst = exit_ok;
  for (const std::string& path : o.traces) {
    const int code = check_one(path, o, replay_options, insist, out);
    if (std::find(kOrder, kOrder + 4, code) > std::find(kOrder, kOrder + 4, worst)) worst = code;
  }
  if (out != stdout && std::fclose(out) != 0) return fail_with("cannot write " + o.output + ": " + std::strerror(errno));
  return worst;
}
}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("check", "say which rules a recorded trace keeps, and which it breaks, with the evidence");
  auto o = std::make_shared<CheckOptions>();
  sub->add_option("TRACE", o->traces, "directories written by `mirrorscope record`")->required();
  sub->add_option("--rules", o->rules, "only rules whose id or name matches, e.g. 'ORD-*,SEQ-01'; '!LIF-*' leaves out")
      ->delimiter(',')
      ->option_text("GLOB,...");
  sub->add_option("--require", o->require, "exit 3 if one of these could not be observed or had no occasion")
      ->delimiter(',')
      ->option_text("GLOB,...");
  sub->add_option("--strict", o->strict, "what makes the exit code 1: hard (default), hazard, smell")
      ->check(CLI::IsMember({"hard", "hazard", "smell"}))
      ->option_text("LEVEL");
  sub->add_flag("--explain", o->explain, "print the events that prove each finding, with their values and stacks");
  sub->add_flag("--all", o->all, "print the whole reason of what could not be observed");
  sub->add_option("--findings", o->findings, "how many findings of a rule are printed (default 3)")->option_text("N");
  sub->add_option("--format", o->format, "text (default) or json")->check(CLI::IsMember({"text", "json"}))->option_text("FORMAT");
  sub->add_option("-o,--output", o->output, "write the report to FILE instead of standard output")->option_text("FILE");
  sub->add_option("-j,--jobs", o->jobs, "threads; address spaces are divided among them (default: all CPUs, at most 8)")
      ->option_text("N");
  sub->footer(
      "Verdicts: holds; violated, with evidence; inconclusive, records were lost where it matters; not_observable, a probe that the\n"
      "rule needs was not attached. Exit codes: 0 nothing violated, 1 violated, 2 usage or unreadable trace, 3 inconclusive.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope check run                          every rule on one trace\n"
      "  mirrorscope check --explain --rules SEQ-01 run why, event by event\n"
      "  mirrorscope check --require 'HMM-*' run        in CI: a run that tested nothing is no success\n"
      "  mirrorscope check --format json run | jq '.rules[] | select(.verdict == \"violated\")'");
  sub->callback([o, &exit_code] { exit_code = check(*o); });
}

}  // namespace mirrorscope::cli
