// SPDX-License-Identifier: Apache-2.0
// What a wrong command line is answered with: one sentence and where help is.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mirrorscope::cli {

std::string complaint(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv);

}  // namespace mirrorscope::cli
