// SPDX-License-Identifier: Apache-2.0
// Which cgroups are a unit's, a pod's or a job's: what filters by those come to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/workload.h"
#include "trace/result.h"

namespace mirrorscope {

// The topmost cgroups below `root` that belong to it; what is below them, now or later, does too. A unit without a
// suffix is a service, as for systemctl. Nobody of that name is an error that says who there is.
Result<std::vector<std::filesystem::path>> cgroups_of(WorkloadSide side, std::string_view name,
                                                      const std::filesystem::path& root);

// The same where cgroup v2 is mounted, as ids.
Result<std::vector<uint64_t>> cgroup_ids_of(WorkloadSide side, std::string_view name);

}  // namespace mirrorscope
