// SPDX-License-Identifier: Apache-2.0
// The options of every command that judges a trace: which rules, how many threads; and what makes it exit 1.
#pragma once

#include <string>
#include <vector>

#include "cli/options/suggest.h"
#include "cli/subcommand.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

struct Judging {
  std::vector<std::string> rules;  // globs; empty = all
  unsigned jobs = 0;  // 0 = all CPUs, at most 8
};

// What --rules and --require suggest when an id is mistyped.
CLI::Validator suggest_rules();
// `o` outlives the parsing.
void add_rules_option(CLI::App& sub, Judging& o);
void add_strict_option(CLI::App& sub, std::string& strict);

// With a progress line where stderr is a terminal.
Result<ReplayOptions> replay_options(const Judging& o);
Level strict_level(const std::string& strict);

}  // namespace mirrorscope::cli
