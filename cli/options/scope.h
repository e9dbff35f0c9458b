// SPDX-License-Identifier: Apache-2.0
// The options that say whose calls are wanted, for every subcommand that watches a live kernel.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "collector/session/scope.h"
#include "schema/workload.h"
#include "trace/result.h"

namespace mirrorscope::cli {

// `what` the subcommand does with a command and its children: "record", "count".
void add_command(CLI::App& app, Scope& scope, const std::string& what);
// --pid, --comm, --cgroup, --unit, --job, --pod, in the group Filters.
void add_filters(CLI::App& app, Scope& scope);

// --NAME with one of kWorkloadSides.
CLI::Option* add_side(CLI::App& app, const std::string& name, std::optional<WorkloadSide>& side,
                      const std::string& says);

// "10", "1.5", "500ms", "2m", "1h"
Result<std::chrono::nanoseconds> duration_of(const std::string& text);

}  // namespace mirrorscope::cli
