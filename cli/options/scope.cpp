// SPDX-License-Identifier: Apache-2.0
// What the options of a scope are called, and how a time is written.
#include "cli/options/scope.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace mirrorscope::cli {

void add_command(CLI::App& app, Scope& scope, const std::string& what) {
  app.add_option("COMMAND", scope.command, "after --: run this, " + what + " it and its children, stop when it ends");
  app.add_flag("-a,--system-wide", scope.system_wide, what + " everything, also with a COMMAND");
}

void add_filters(CLI::App& app, Scope& scope) {
  app.add_option("-p,--pid", scope.pids, "only this process and its children; may be repeated")
      ->type_name("PID")
      ->allow_extra_args(false)
      ->group("Filters");
  app.add_option("--comm", scope.comm, "only processes of this name and their children")->type_name("NAME")->group("Filters");
  app.add_option("--cgroup", scope.cgroup, "only processes in or below this cgroup v2 directory and their children")
      ->type_name("PATH")
      ->group("Filters");
  const auto add = [&app](const char* name, std::vector<std::string>& to, const char* says, const char* type) {
    app.add_option(name, to, says)->type_name(type)->allow_extra_args(false)->group("Filters");
  };
  add("--unit", scope.units, "only processes of this unit of systemd; may be repeated", "UNIT");
  add("--job", scope.jobs, "only processes of this job of Slurm, all its steps; may be repeated", "ID");
  add("--pod", scope.pods, "only processes of this pod of Kubernetes, all its containers; may be repeated", "UID");
}

CLI::Option* add_side(CLI::App& app, const std::string& name, std::optional<WorkloadSide>& side,
                      const std::string& says) {
  const std::vector<std::string> names(kWorkloadSides.begin(), kWorkloadSides.end());
  const auto take = [&side](const std::string& word) {
    const auto at = std::find(kWorkloadSides.begin(), kWorkloadSides.end(), word);
    side = static_cast<WorkloadSide>(at - kWorkloadSides.begin());
  };
  return app.add_option_function<std::string>(name, take, says)->check(CLI::IsMember(names))->type_name("SIDE");
}

Result<std::chrono::nanoseconds> duration_of(const std::string& text) {
  static const std::map<std::string, double> units{{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const auto unit = units.find(end);
  if (end == text.c_str() || unit == units.end() || !(value > 0) || value * unit->second > 1e8)
    return fail(0, "'", text, "' is not a duration; write 10 (seconds), 500ms, 2m or 1h");
  return std::chrono::nanoseconds(static_cast<int64_t>(value * unit->second * 1e9));
}

}  // namespace mirrorscope::cli
