// SPDX-License-Identifier: Apache-2.0
// mirrorscope report: a trace, judged, as one page for a browser.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/options/judging.h"
#include "cli/options/outputs.h"
#include "cli/options/results.h"
#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "cli/subcommand.h"
#include "report/compare/compare.h"
#include "report/page/page.h"
#include "report/result/merged_document.h"
#include "trace/reading/merge.h"
#include "verify/judged.h"

namespace mirrorscope::cli {

namespace {
struct PageOptions {
  std::vector<std::string> traces, before;
  Judging judging;
  std::string strict = "hard";
  std::string output = "report.html";
};

std::unique_ptr<Survey> survey(const Judged& judged) {
  const Document& d = judged.document;
  auto out = std::make_unique<Survey>(*d.report, d.findings, d.find);
  trace::Merge merge(*judged.replayed.reader);
  while (const ev_header* record = merge.next()) out->see(*record);
  for (const trace::Damage& damage : judged.replayed.damage)
    out->damaged({damage.first_time, damage.last_time, std::max(1u, damage.missing), static_cast<uint32_t>(damage.cause),
                  damage.stream == trace::about_stream ? -1 : int{damage.stream}});
  out->finish();
  return out;
}

// `code` if the page could be written.
int write_page(const PageOptions& o, const ReplayOptions& options, std::span<const Document> documents, std::span<const Survey* const> surveys, int code) {
  const bool to_stdout = o.output == "-";
  PageContext context{.folder = (to_stdout ? "." : std::filesystem::absolute(o.output).parent_path()).string()};
  Comparison comparison;
  if (!o.before.empty()) {
    const auto before = side_of(o.before, options);
    if (!before) return refuse("report", before.error().message);
    const auto after = side_of(o.traces, options);
    if (!after) return refuse("report", after.error().message);
    comparison = compare(summary_of(*before, MIRRORSCOPE_VERSION), summary_of(*after, MIRRORSCOPE_VERSION), kLeastDifference);
    context.comparison = &comparison;
    context.sides = {side_name(o.before), side_name(o.traces), FailOn{}};
  }
  if (auto done = write_file(to_stdout ? "" : o.output, to_page(documents, surveys, context)); !done) return refuse("report", done.error().message);
  if (!to_stdout) remark("report", "wrote " + o.output);
  return code;
}

int report_results(const PageOptions& o, const ReplayOptions& options, const Insistence& insist) {
  auto read = read_results(o.traces, {});
  if (!read) return refuse("report", read.error().message);
  if (!read->any) return refuse("report", o.traces.front() + ": no trace, and no result of a check: " + read->merged.unreadable().begin()->why);
  const auto whole = merged_document(std::move(read->merged), MIRRORSCOPE_VERSION, {}, insist);
  for (const Problem& p : whole->summary.problems) remark("report", p.says);
  const int code = worse(conclude(whole->document.outcomes).exit_code, whole->summary.problems.empty() ? exit_ok : exit_inconclusive);
  const Survey* const none = nullptr;
  return write_page(o, options, {&whole->document, 1}, {&none, 1}, code);
}

int run_report(const PageOptions& o) {
  const bool to_stdout = o.output == "-";
  if (to_stdout && isatty(STDOUT_FILENO)) return refuse("report", "a page is for a browser; write it to a file with -o");
  const auto options = replay_options(o.judging);
  if (!options) return refuse("report", options.error().message);
  Insistence insist;
  insist.strict = strict_level(o.strict);

  const auto are_files = std::all_of(o.traces.begin(), o.traces.end(), [](const std::string& path) {
    std::error_code none;
    return std::filesystem::is_regular_file(path, none);
  });
  if (are_files && !o.judging.rules.empty()) return refuse("report", "--rules is for traces; what a result says was decided by check --rules");
  if (are_files) return report_results(o, *options, insist);
  int worst = exit_ok;
  std::vector<std::unique_ptr<Judged>> judged;
  std::vector<std::unique_ptr<Survey>> surveys;
  std::vector<Document> documents;
  std::vector<const Survey*> seen;
  for (const std::string& path : o.traces) {
    auto one = judge(path, *options);
    if (!one) {
      worst = worse(worst, refuse("report", one.error().message));
      continue;
    }
    Document& d = (*one)->document;
    d.outcomes = outcomes_of(*d.report, d.findings, insist);
    worst = worse(worst, conclude(d.outcomes).exit_code);
    surveys.push_back(survey(**one));
    seen.push_back(surveys.back().get());
    documents.push_back(d);
    judged.push_back(std::move(*one));
  }
  if (documents.empty()) return worst;
  return write_page(o, *options, documents, seen, worst);
}
}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("report", "write one page for a browser: verdicts, findings on a timeline, latencies, storms, losses");
  auto o = std::make_shared<PageOptions>();
  sub->add_option("TRACE", o->traces, "directories written by `mirrorscope record`; or files of `check --format json` or `merge --format json`")->required();
  sub->add_option("-o,--output", o->output, "the page (default report.html); - is standard output")->option_text("FILE");
  sub->add_option("--before", o->before, "a run of before, a trace or a result: what differs from it by more than noise is shown first; may be repeated")
      ->allow_extra_args(false)
      ->option_text("RUN");
  add_rules_option(*sub, o->judging);
  add_strict_option(*sub, o->strict);
  sub->add_option("-j,--jobs", o->judging.jobs, "threads (default: all CPUs, at most 8)")->check(CLI::Range(0u, 256u))->option_text("N");
  sub->footer(
      "The page is one file and asks for nothing from a network: mail it, attach it to a bug, keep it as an artifact of CI. Each finding has\n"
      "the text of `mirrorscope explain` and a timeline: drag or arrow keys move it, + and - zoom, 0 shows all, n and p go from evidence\n"
      "to evidence. Only what is around findings is in it record by record; the whole trace is in it as counts, so that the page\n"
      "stays small however long the trace is.\n"
      "\n"
      "Exit codes: as those of `mirrorscope check`: 0 nothing violated, 1 violated, 2 usage or unreadable trace, 3 inconclusive.\n"
      "The page is written in all cases but 2.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope report run                      report.html in this directory\n"
      "  mirrorscope report -o bug.html run          under another name\n"
      "  mirrorscope report --rules 'SEQ-*' run-1 run-2\n"
      "  mirrorscope report -o all.html all.json     a merged result: hosts, worst first, with links to pages beside their results\n"
      "  mirrorscope report --before monday tuesday  what `mirrorscope compare monday tuesday` says, in the page of tuesday\n"
      "  mirrorscope report -o - run | gzip > report.html.gz");
  sub->callback([o, &exit_code] { exit_code = run_report(*o); });
}

}  // namespace mirrorscope::cli
