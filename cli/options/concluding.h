// SPDX-License-Identifier: Apache-2.0
// The options of every command that says verdicts and ends with the exit code they make: what counts, what is known, as what it is written.
#pragma once

#include <string>
#include <vector>

#include "cli/options/judging.h"
#include "cli/options/outputs.h"
#include "report/baseline.h"

namespace mirrorscope::cli {

struct Concluding {
  std::string strict = "hard";
  std::vector<std::string> require;
  std::vector<std::string> formats;
  std::string output;
  std::string baseline;
  std::string write_baseline;
  unsigned findings = 3;
  bool all = false;
};

struct Conclusions {
  Insistence insist;
  std::vector<Output> outputs;
  Baseline baseline;
};

// `o` outlives the parsing.
void add_concluding_options(CLI::App& sub, Concluding& o);
// What stands in front of the footer's other text: the formats.
std::string formats_help();

// `judged`: the rules that are checked, empty = all. Reads the baseline.
Result<Conclusions> conclusions(const Concluding& o, const std::vector<const RuleDef*>& judged);

}  // namespace mirrorscope::cli
