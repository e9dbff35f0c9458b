// SPDX-License-Identifier: Apache-2.0
// Whose calls are wanted: a command, processes, names, cgroups, or everybody's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "collector/probes/probes.h"
#include "collector/session/command.h"
#include "trace/result.h"

namespace mirrorscope {

struct Scope {
  std::vector<std::string> command;  // empty: none
  bool system_wide = false;          // also what the command has nothing to do with
  std::vector<uint32_t> pids;        // only these processes and their children
  std::string comm;                  // only processes of this name and their children
  std::filesystem::path cgroup;      // only processes in or below this cgroup v2 directory and their children
  std::vector<std::string> units, jobs, pods;  // only their processes: systemd's, Slurm's, those of Kubernetes by uid
  bool kprobes_only = false;         // as if the kernel had no trampolines
};

enum class StopReason { told, duration, command_ended };

// The command, made and waiting; nothing if none was asked for.
Result<std::optional<Command>> prepare_command(const Scope& scope);
// The filters that this comes to.
Result<ProbeOptions> probes_for(const Scope& scope, const std::optional<Command>& command);

}  // namespace mirrorscope
