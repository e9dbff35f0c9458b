// SPDX-License-Identifier: Apache-2.0
// One explored execution as people and files get it: printed record by record, or written as a trace that `check` reads.
#pragma once

#include <filesystem>

#include "driver-model/explore/explore.h"
#include "trace/result.h"

namespace mirrorscope::cli {

Result<void> write_trace(const model::Model& model, const model::Schedule& schedule, const std::filesystem::path& folder);

// Prints the records, the findings and what the oracle sees; writes a trace too if `folder` is given. An exit code.
int replay_schedule(const model::Model& model, const model::Schedule& schedule, const std::filesystem::path& folder);

}  // namespace mirrorscope::cli
