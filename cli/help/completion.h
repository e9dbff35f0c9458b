// SPDX-License-Identifier: Apache-2.0
// Completion for bash, from the same tables as --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mirrorscope::cli {

std::string bash_completion(const CLI::App& app);

}  // namespace mirrorscope::cli
