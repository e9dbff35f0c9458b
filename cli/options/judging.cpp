// SPDX-License-Identifier: Apache-2.0
// What the options of judging are called, accept and mean.
#include "cli/options/judging.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace mirrorscope::cli {

CLI::Validator suggest_rules() {
  std::vector<std::string> ids;
  for (const RuleDef* rule : all_rules()) ids.emplace_back(rule->info.id);
  return suggest(ids);
}

void add_rules_option(CLI::App& sub, Judging& o) {
  sub.add_option("--rules", o.rules, "only rules whose id or name matches, e.g. 'ORD-*,SEQ-01'; '!LIF-*' leaves out")
      ->delimiter(',')
      ->check(suggest_rules())
      ->option_text("GLOB,...");
}

void add_strict_option(CLI::App& sub, std::string& strict) {
  sub.add_option("--strict", strict, "what makes the exit code 1: hard (default), hazard, smell")
      ->check(CLI::IsMember({"hard", "hazard", "smell"}))
      ->option_text("LEVEL");
}

Result<ReplayOptions> replay_options(const Judging& o) {
  ReplayOptions options;
  options.jobs = o.jobs ? o.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  options.progress = isatty(STDERR_FILENO) != 0;
  if (o.rules.empty()) return options;
  auto chosen = select_rules(o.rules);
  if (!chosen) return chosen.error();
  options.rules = *chosen;
  return options;
}

Level strict_level(const std::string& strict) {
  return strict == "smell" ? Level::smell : strict == "hazard" ? Level::hazard : Level::hard;
}

}  // namespace mirrorscope::cli
