// SPDX-License-Identifier: Apache-2.0
// How what was asked for becomes filters of the BPF programs.
#include "collector/session/scope.h"

#include <utility>

#include "collector/probes/filters.h"
#include "collector/probes/workload_cgroups.h"

namespace mirrorscope {

Result<std::optional<Command>> prepare_command(const Scope& scope) {
  std::optional<Command> command;
  if (scope.command.empty()) return command;
  auto prepared = Command::prepare(scope.command);
  if (!prepared) return prepared.error();
  command.emplace(std::move(*prepared));
  return command;
}

Result<ProbeOptions> probes_for(const Scope& scope, const std::optional<Command>& command) {
  ProbeOptions probes;
  probes.tgids = scope.pids;
  for (uint32_t pid : scope.pids)
    if (auto exists = process_exists(pid); !exists) return exists.error();
  probes.comm = scope.comm;
  if (!scope.cgroup.empty()) {
    auto id = cgroup_id(scope.cgroup);
    if (!id) return id.error();
    probes.cgroups.push_back(*id);
  }
  for (const auto& [side, names] : {std::pair{WorkloadSide::unit, &scope.units},
                                    {WorkloadSide::job, &scope.jobs},
                                    {WorkloadSide::pod, &scope.pods}})
    for (const std::string& name : *names) {
      auto ids = cgroup_ids_of(side, name);
      if (!ids) return ids.error();
      probes.cgroups.insert(probes.cgroups.end(), ids->begin(), ids->end());
    }
  const bool narrowed = !probes.tgids.empty() || !probes.comm.empty() || !probes.cgroups.empty();
  if (command && !scope.system_wide && !narrowed) probes.tgids.push_back(static_cast<uint32_t>(command->pid()));
  probes.kprobes_only = scope.kprobes_only;
  return probes;
}

}  // namespace mirrorscope
