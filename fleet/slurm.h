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

// Options that the user has for sbatch.
struct SbatchOptions {
  std::vector<std::string> both;   // of the array job and of the one that merges
  std::vector<std::string> merge;  // of the one that merges, behind those of both: sbatch takes the last of two that contradict each other
};

struct Submitted {
  std::string array;  // job id; empty: nothing was left to do
  std::string merge;  // of the job that runs when every task of the array has ended, however it did
};

// `program` is this one, as the nodes find it; `merge` is what `fleet merge` is given beside the plan.
// Messages of sbatch go to standard error.
Result<Submitted> submit(const Plan& plan, const std::filesystem::path& plan_file, const std::filesystem::path& program,
                         const SbatchOptions& options, const std::vector<std::string>& merge);

}  // namespace mirrorscope::fleet
