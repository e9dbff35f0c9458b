// SPDX-License-Identifier: Apache-2.0
// What the options that conclude are called, accept and mean.
#include "cli/options/concluding.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output/color.h"
#include "trace/small_file.h"

namespace mirrorscope::cli {

namespace {
Result<Baseline> read_baseline(const std::string& file) {
  auto text = trace::read_small_file(file, 16u << 20);
  if (!text) return text.error();
  Baseline baseline = parse_baseline(*text);
  if (!baseline.error.empty()) return fail(0, file, " is no baseline: ", baseline.error);
  return baseline;
}

Result<Insistence> insistence(const Concluding& o, const std::vector<const RuleDef*>& judged) {
  Insistence insist;
  insist.strict = strict_level(o.strict);
  if (o.require.empty()) return insist;
  auto required = select_rules(o.require);
  if (!required) return required.error();
  insist.required = *required;
  for (const RuleDef* rule : insist.required)
    if (!judged.empty() && std::find(judged.begin(), judged.end(), rule) == judged.end())
      return fail(0, "--require ", rule->info.id, " is not among --rules");
  return insist;
}
}  // namespace

void add_concluding_options(CLI::App& sub, Concluding& o) {
  std::vector<std::string> formats;
  for (const Format& f : all_formats()) formats.emplace_back(f.name);
  sub.add_option("--require", o.require, "exit 3 if one of these could not be observed or was never exercised")
      ->delimiter(',')
      ->check(suggest_rules())
      ->option_text("GLOB,...");
  add_strict_option(sub, o.strict);
  sub.add_flag("--all", o.all, "print the whole reason of what could not be observed");
  add_color_option(sub);
  sub.add_option("--findings", o.findings, "how many findings of a rule are printed (default 3)")->option_text("N");
  sub.add_option("--format", o.formats, "as what the report is written, and where; may be repeated, see below")
      ->allow_extra_args(false)
      ->check(suggest(formats))
      ->option_text("FORMAT[=FILE]");
  sub.add_option("-o,--output", o.output, "write the report to FILE instead of standard output")->option_text("FILE");
  sub.add_option("--baseline", o.baseline, "findings that FILE has are known: only new ones make the exit code 1")
      ->option_text("FILE");
  sub.add_option("--write-baseline", o.write_baseline, "write the findings to FILE, for --baseline; they are known from here on")
      ->option_text("FILE");
}

std::string formats_help() {
  std::string text = "Formats:\n";
  for (const Format& f : all_formats()) text += fmt::format("  {:9} {}\n", f.name, f.says);
  return text;
}

Result<Conclusions> conclusions(const Concluding& o, const std::vector<const RuleDef*>& judged) {
  Conclusions out;
  auto insist = insistence(o, judged);
  if (!insist) return insist.error();
  out.insist = *insist;
  auto outputs = parse_outputs(o.formats, o.output);
  if (!outputs) return outputs.error();
  out.outputs = std::move(*outputs);
  if (o.baseline.empty()) return out;
  auto known = read_baseline(o.baseline);
  if (!known) return known.error();
  out.baseline = std::move(*known);
  return out;
}

}  // namespace mirrorscope::cli
