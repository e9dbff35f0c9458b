// SPDX-License-Identifier: Apache-2.0
// mirrorscope check: were the rules kept in a recorded trace?
#include <algorithm>
#include <memory>

#include "cli/options/concluding.h"
#include "cli/options/judging.h"
#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "cli/subcommand.h"
#include "schema/shown.h"
#include "verify/judged.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

namespace {
struct CheckOptions {
  std::vector<std::string> traces;
  std::string name;  // of the one trace in reports, none if it is empty
  Judging judging;
  Concluding concluding;
  bool explain = false;
};


Result<std::unique_ptr<Judged>> check_one(const std::string& path, const CheckOptions& o, const ReplayOptions& options, bool as_result) {
  auto out = judge(path, options);
  if (!out) return out;
  Judged& j = **out;
  if (as_result) measure(j);
  if (!o.explain) return out;
  j.windows = std::make_unique<Windows>(windows_of(*j.replayed.reader, shown_findings(j.replayed.report, o.concluding.findings), *j.index));
  j.document.windows = j.windows.get();
  return out;
}

// What was found becomes what is known.
Result<void> write_baseline(const std::string& file, std::span<const std::unique_ptr<Judged>> checked) {
  std::vector<Finding> all;
  for (const auto& c : checked) all.insert(all.end(), c->document.findings.begin(), c->document.findings.end());
  return write_file(file, baseline_text(all));
}

int check(const CheckOptions& o) {
  if (!o.name.empty() && o.traces.size() > 1)
    return refuse("check", "cannot call " + std::to_string(o.traces.size()) + " traces by one name; --name is for one.");
  const auto options = replay_options(o.judging);
  if (!options) return refuse("check", options.error().message);
  const auto conclude_by = conclusions(o.concluding, (*options).rules);
  if (!conclude_by) return refuse("check", conclude_by.error().message);
  Baseline baseline = conclude_by->baseline;

  const bool as_result = std::any_of(conclude_by->outputs.begin(), conclude_by->outputs.end(), [](const Output& output) { return output.format->name == "json"; });  // which can be merged and compared

  int worst = exit_ok;
  const auto add = [&](int code) { worst = worse(worst, code); };
  std::vector<std::unique_ptr<Judged>> checked;
  std::vector<Unjudged> unjudged;
  for (const std::string& path : o.traces) {
    auto one = check_one(path, o, *options, as_result);
    if (one) {
      checked.push_back(std::move(*one));
      continue;
    }
    add(refuse("check", one.error().message));
    unjudged.push_back({shown(path), shown_sentence(one.error().message), MIRRORSCOPE_VERSION});
  }
  if (!o.concluding.write_baseline.empty()) {
    if (auto done = write_baseline(o.concluding.write_baseline, checked); !done) return refuse("check", done.error().message);
    for (const auto& c : checked)
      for (const Finding& f : c->document.findings) baseline.keys.insert(f.key);
  }
  std::vector<Document> documents;
  for (const auto& c : checked) {
    Document& d = c->document;
    if (!o.name.empty()) d.trace = shown(o.name);
    d.has_baseline = !o.concluding.baseline.empty() || !o.concluding.write_baseline.empty();
    mark_known(d.findings, baseline);
    d.outcomes = outcomes_of(*d.report, d.findings, conclude_by->insist);
    const Conclusion conclusion = conclude(d.outcomes);
    for (const std::string& sentence : conclusion.because) remark("check", sentence);
    add(conclusion.exit_code);
    documents.push_back(d);
  }
  const Look look{.all_rules = o.concluding.all, .findings_per_rule = o.concluding.findings, .unjudged = unjudged};
  if (auto done = write_outputs(conclude_by->outputs, documents, look); !done) return refuse("check", done.error().message);
  return worst;
}
}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("check", "say which rules a recorded trace keeps, and which it breaks, with the evidence");
  auto o = std::make_shared<CheckOptions>();
  sub->add_option("TRACE", o->traces, "directories written by `mirrorscope record`")->required();
  sub->add_option("--name", o->name, "call the trace so in reports: a history of test results needs a name that stays")->type_name("NAME");
  add_rules_option(*sub, o->judging);
  add_concluding_options(*sub, o->concluding);
  sub->add_flag("--explain", o->explain, "print the events that prove each finding, with their values and stacks");
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
