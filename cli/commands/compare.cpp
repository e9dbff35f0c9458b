// SPDX-License-Identifier: Apache-2.0
// mirrorscope compare: is what was recorded after a change worse than what was recorded before it?
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "cli/options/judging.h"
#include "cli/options/outputs.h"
#include "cli/options/results.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "report/compare/compare.h"
#include "schema/meant.h"

namespace mirrorscope::cli {

namespace {
struct CompareOptions {
  std::vector<std::string> sides;
  std::vector<std::string> before, after;
  Judging judging;
  std::string strict = "hard";
  std::vector<std::string> fail_on{"verdict", "finding", "number"};
  double least = 100 * kLeastDifference;
  std::string format = "text";
  std::string output;
};

Result<FailOn> fail_on(const CompareOptions& o) {
  const auto has = [&](const char* word) { return std::find(o.fail_on.begin(), o.fail_on.end(), word) != o.fail_on.end(); };
  if (has("none") && o.fail_on.size() > 1) return fail(0, "--fail-on none is for itself");
  return FailOn{has("verdict"), has("finding"), has("number"), strict_level(o.strict)};
}

const ComparisonFormat* format_of(const std::string& name) {
  const auto formats = all_comparison_formats();
  const auto at = std::find_if(formats.begin(), formats.end(), [&](const ComparisonFormat& f) { return f.name == name; });
  return at == formats.end() ? nullptr : &*at;
}

int run_compare(const CompareOptions& o) {
  std::vector<std::string> before = o.before, after = o.after;
  if (o.sides.size() == 2) {
    before.insert(before.begin(), o.sides[0]);
    after.insert(after.begin(), o.sides[1]);
  } else if (!o.sides.empty()) {
    return refuse("compare", "write BEFORE AFTER, or --before and --after");
  }
  if (before.empty() || after.empty()) return refuse("compare", before.empty() ? "nothing is before" : "nothing is after");
  const ComparisonFormat* format = format_of(o.format);
  if (!format) {
    std::vector<std::string> known;
    for (const ComparisonFormat& f : all_comparison_formats()) known.emplace_back(f.name);
    return refuse("compare", no_such("format", o.format, known, fmt::format("there are {}", fmt::join(known, ", "))));
  }
  const auto on = fail_on(o);
  if (!on) return refuse("compare", on.error().message);
  const auto options = replay_options(o.judging);
  if (!options) return refuse("compare", options.error().message);
  const auto side_before = side_of(before, *options);
  if (!side_before) return refuse("compare", side_before.error().message);
  const auto side_after = side_of(after, *options);
  if (!side_after) return refuse("compare", side_after.error().message);

  const Comparison c = compare(summary_of(*side_before, MIRRORSCOPE_VERSION), summary_of(*side_after, MIRRORSCOPE_VERSION), o.least / 100);
  for (const std::string& sentence : c.problems) remark("compare", sentence);
  if (auto done = write_file(o.output, format->render(c, {side_name(before), side_name(after), *on})); !done) return refuse("compare", done.error().message);
  const auto failed = [&](const auto& changes) { return std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return fails(change, *on); }); };
  if (failed(c.verdicts) || failed(c.findings) || failed(c.numbers)) return exit_violated;
  return c.problems.empty() ? exit_ok : exit_inconclusive;
}

std::string comparison_formats_help() {
  std::string text = "Formats:\n";
  for (const ComparisonFormat& f : all_comparison_formats()) text += fmt::format("  {:9} {}\n", f.name, f.says);
  return text;
}
}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("compare", "say what differs by more than noise between what was recorded before a change and after it");
  auto o = std::make_shared<CompareOptions>();
  std::vector<std::string> formats;
  for (const ComparisonFormat& f : all_comparison_formats()) formats.emplace_back(f.name);
  sub->add_option("BEFORE_AFTER", o->sides, "two traces, or results of check or merge")->expected(0, 2)->option_text("BEFORE AFTER");
  sub->add_option("--before", o->before, "one more run of before; may be repeated")->allow_extra_args(false)->option_text("RUN");
  sub->add_option("--after", o->after, "one more run of after; may be repeated")->allow_extra_args(false)->option_text("RUN");
  sub->add_option("--fail-on", o->fail_on, "what makes the exit code 1: a verdict that became violated, a new finding, a number that got worse; none: nothing")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"verdict", "finding", "number", "none"}))
      ->option_text("WHAT,...");
  add_strict_option(*sub, o->strict);
  sub->add_option("--least", o->least, "percent: a smaller difference is not named, however sure it is (default 5)")->check(CLI::Range(0.0, 1e6))->option_text("PERCENT");
  add_rules_option(*sub, o->judging);
  sub->add_option("--format", o->format, "as what it is written, see below")->check(suggest(formats))->option_text("FORMAT");
  sub->add_option("-o,--output", o->output, "write it to FILE instead of standard output")->option_text("FILE");
  sub->add_option("-j,--jobs", o->judging.jobs, "threads (default: all CPUs, at most 8)")->check(CLI::Range(0u, 256u))->option_text("N");
  sub->footer(
      comparison_formats_help() +
      "\n"
      "Compared are verdicts, findings, and numbers: how often for which reason memory was invalidated and each callback called, per unit of\n"
      "work (what the device looked up, mapped or registered) and work per second; the time of each function without the calls inside of it;\n"
      "callbacks that met nothing, look-ups that were repeated, thrown away or had to wait. From four runs on a side the noise is the spread\n"
      "between them, else the spread between sixteenths of each run (docs/results.md).\n"
      "\n"
      "Exit codes: 0 nothing got worse, 1 something that --fail-on names did, 2 usage or unreadable, 3 a run is missing or in doubt.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope compare monday tuesday                     two traces\n"
      "  mirrorscope compare --before a1 --before a2 --before a3 --before a4 --after b1 --after b2 --after b3 --after b4\n"
      "  mirrorscope compare all-6.12.json all-7.2.json         merged results: a run is a trace of them\n"
      "  mirrorscope compare --fail-on verdict,finding --format junit -o compare.xml main.json branch.json");
  sub->callback([o, &exit_code] { exit_code = run_compare(*o); });
}

}  // namespace mirrorscope::cli
