// SPDX-License-Identifier: Apache-2.0
// The manual pages, from the same tables as --help and the schema.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace mirrorscope::cli {

// Subcommands that are not hidden, in the order of --help.
std::vector<const CLI::App*> shown_subcommands(const CLI::App& app);
// mirrorscope(1), or mirrorscope-check(1) of one subcommand.
std::string man_page(const CLI::App& app);
// mirrorscope-trace(5): the records that a trace can hold.
std::string trace_man_page();

}  // namespace mirrorscope::cli
