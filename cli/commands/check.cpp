// SPDX-License-Identifier: Apache-2.0
// mirrorscope check: were the rules kept in a recorded trace?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/options/judging.h"
#include "cli/options/outputs.h"
#include "cli/options/suggest.h"
#include "cli/output/color.h"
#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "cli/subcommand.h"
#include "report/baseline.h"
#include "trace/small_file.h"
#include "verify/judged.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

namespace {
struct CheckOptions {
  std::vector<std::string> traces;
  Judging judging;
  std::vector<std::string> require;
  std::vector<std::string> formats;
  std::string output;
  std::string baseline;
  std::string write_baseline;
  unsigned findings = 3;
  bool explain = false;
  bool all = false;
};

int fail_with(const std::string& sentence) { return refuse("check", sentence); }

Result<std::unique_ptr<Judged>> check_one(const std::string& path, const CheckOptions& o, const ReplayOptions& options) {
  auto out = judge(path, options);
  if (!out || !o.explain) return out;
  Judged& j = **out;
  j.windows = std::make_unique<Windows>(windows_of(*j.replayed.reader, shown_findings(j.replayed.report, o.findings), *j.index));
  j.document.windows = j.windows.get();
  return out;
}

Result<Baseline> read_baseline(const std::string& file) {
  auto text = trace::read_small_file(file, 16u << 20);
  if (!text) return text.error();
  Baseline baseline = parse_baseline(*text);
  if (!baseline.error.empty()) return fail(0, file, " is no baseline: ", baseline.error);
  return baseline;
}

// What was found becomes what is known.
Result<void> write_baseline(const std::string& file, std::span<const std::unique_ptr<Judged>> checked) {
  std::vector<Finding> all;
  for (const auto& c : checked) all.insert(all.end(), c->document.findings.begin(), c->document.findings.end());
  return write_file(file, baseline_text(all));
}

Result<Insistence> insistence(const CheckOptions& o, const std::vector<const RuleDef*>& judged) {
  Insistence insist;
  insist.strict = strict_level(o.judging);
  if (o.require.empty()) return insist;
  auto required = select_rules(o.require);
  if (!required) return required.error();
  insist.required = *required;
  for (const RuleDef* rule : insist.required)
    if (!judged.empty() && std::find(judged.begin(), judged.end(), rule) == judged.end())
      return fail(0, "--require ", rule->info.id, " is not among --rules");
  return insist;
}

int check(const CheckOptions& o) {
  const auto options = replay_options(o.judging);
  if (!options) return fail_with(options.error().message);
  const auto insist = insistence(o, (*options).rules);
  if (!insist) return fail_with(insist.error().message);
  const auto outputs = parse_outputs(o.formats, o.output);
  if (!outputs) return fail_with(outputs.error().message);
  Baseline baseline;
  if (!o.baseline.empty()) {
    auto known = read_baseline(o.baseline);
    if (!known) return fail_with(known.error().message);
    baseline = std::move(*known);
  }

  int worst = exit_ok;
  const auto add = [&](int code) { worst = worse(worst, code); };
  std::vector<std::unique_ptr<Judged>> checked;
  for (const std::string& path : o.traces) {
    auto one = check_one(path, o, *options);
    if (one)
      checked.push_back(std::move(*one));
    else
      add(fail_with(one.error().message));
  }
  if (!o.write_baseline.empty()) {
    if (auto done = write_baseline(o.write_baseline, checked); !done) return fail_with(done.error().message);
    for (const auto& c : checked)
      for (const Finding& f : c->document.findings) baseline.keys.insert(f.key);
  }
  std::vector<Document> documents;
  for (const auto& c : checked) {
    Document& d = c->document;
    d.has_baseline = !o.baseline.empty() || !o.write_baseline.empty();
    mark_known(d.findings, baseline);
    d.outcomes = outcomes_of(*d.report, d.findings, *insist);
    const Conclusion conclusion = conclude(d.outcomes);
    for (const std::string& sentence : conclusion.because) remark("check", sentence);
    add(conclusion.exit_code);
    documents.push_back(d);
  }
  if (documents.empty()) return worst;
  if (auto done = write_outputs(*outputs, documents, {false, o.all, o.findings}); !done) return fail_with(done.error().message);
  return worst;
}

std::string formats_help() {
  std::string text = "Formats:\n";
  for (const Format& f : all_formats()) text += fmt::format("  {:9} {}\n", f.name, f.says);
  return text;
}
}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("check", "say which rules a recorded trace keeps, and which it breaks, with the evidence");
  auto o = std::make_shared<CheckOptions>();
  sub->add_option("TRACE", o->traces, "directories written by `mirrorscope record`")->required();
  std::vector<std::string> formats;
  for (const Format& f : all_formats()) formats.emplace_back(f.name);
  add_rules_option(*sub, o->judging);
  sub->add_option("--require", o->require, "exit 3 if one of these could not be observed or was never exercised")
      ->delimiter(',')
      ->check(suggest_rules())
      ->option_text("GLOB,...");
  add_strict_option(*sub, o->judging);
  sub->add_flag("--explain", o->explain, "print the events that prove each finding, with their values and stacks");
  sub->add_flag("--all", o->all, "print the whole reason of what could not be observed");
  add_color_option(*sub);
  sub->add_option("--findings", o->findings, "how many findings of a rule are printed (default 3)")->option_text("N");
  sub->add_option("--format", o->formats, "as what the report is written, and where; may be repeated, see below")
      ->allow_extra_args(false)
      ->check(suggest(formats))
      ->option_text("FORMAT[=FILE]");
  sub->add_option("-o,--output", o->output, "write the report to FILE instead of standard output")->option_text("FILE");
  sub->add_option("--baseline", o->baseline, "findings that FILE has are known: only new ones make the exit code 1")
      ->option_text("FILE");
  sub->add_option("--write-baseline", o->write_baseline, "write the findings to FILE, for --baseline; they are known from here on")
      ->option_text("FILE");
  sub->add_option("-j,--jobs", o->judging.jobs, "threads; address spaces are divided among them (default: all CPUs, at most 8)")
      ->check(CLI::Range(0u, 256u))
      ->option_text("N");
  sub->footer(
      formats_help() +
      "\n"
      "Verdicts: holds; violated, with evidence; inconclusive, records were lost where it matters; never_exercised, nothing happened\n"
      "that the rule could have judged; not_observable, a probe that it needs was not attached. Exit codes: 0 nothing violated, 1 violated, 2 usage or unreadable trace, 3 inconclusive.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope check run                          every rule on one trace\n"
      "  mirrorscope check --explain --rules SEQ-01 run why, event by event\n"
      "  mirrorscope check --require 'HMM-*' run        in CI: a run that tested nothing is no success\n"
      "  mirrorscope check --format text --format sarif=run.sarif --baseline known.json run\n"
      "  mirrorscope check --format json run | jq '.rules[] | select(.verdict == \"violated\")'");
  sub->callback([o, &exit_code] { exit_code = check(*o); });
}

}  // namespace mirrorscope::cli
