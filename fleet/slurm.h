// SPDX-License-Identifier: Apache-2.0
// A plan as an array job of Slurm, by the commands of the site: scontrol and sbatch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/plan.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

// How many tasks an array may have here: MaxArraySize of `scontrol show config`.
Result<uint32_t> slurm_array_limit();

struct Submitted {
  std::string array;  // job id; empty: nothing was left to do
  std::string merge;  // of the job that runs when every task of the array has ended, however it did
};

// `program` is this one, as the nodes find it; `options` are for both calls of sbatch, `merge` is what `fleet merge` is
// given beside the plan. Messages of sbatch go to standard error.
Result<Submitted> submit(const Plan& plan, const std::filesystem::path& plan_file, const std::filesystem::path& program,
                         const std::vector<std::string>& options, const std::vector<std::string>& merge);

}  // namespace mirrorscope::fleet
