// SPDX-License-Identifier: Apache-2.0
// What a subcommand is: options on a CLI::App and a callback that leaves an exit code.
//
//   void add_version(CLI::App& app, int& exit_code) {
//     auto* sub = app.add_subcommand("version", "...");
//     sub->callback([&exit_code] { exit_code = exit_ok; });
//   }
#pragma once

#include <CLI/CLI.hpp>

namespace mirrorscope::cli {

enum ExitCode : int {
  exit_ok = 0,            // nothing violated, recorded, printed
  exit_violated = 1,      // check found a violation
  exit_unusable = 2,      // wrong usage, unreadable input, cannot record
  exit_inconclusive = 3,  // check could not judge
};

// One function per file in cli/commands.
#define ENTRY(name) void add_##name(CLI::App& app, int& exit_code);
#include "commands.inc"
#undef ENTRY

}  // namespace mirrorscope::cli
