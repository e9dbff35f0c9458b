// SPDX-License-Identifier: Apache-2.0
// Is what goes to standard output coloured? As --color says; else on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb forbid it.
#pragma once

#include <CLI/CLI.hpp>

namespace mirrorscope::cli {

// --color WHEN. What it says holds for the process.
CLI::Option* add_color_option(CLI::App& sub);
bool colored();

}  // namespace mirrorscope::cli
