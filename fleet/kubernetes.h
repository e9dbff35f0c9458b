// SPDX-License-Identifier: Apache-2.0
// A plan as an Indexed Job of Kubernetes (batch/v1).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/plan.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

// A PersistentVolumeClaim and where the plan's paths expect it: "claim=/path".
struct Volume {
  std::string claim;
  std::string path;
};
Result<Volume> parse_volume(const std::string& text);

struct Pods {
  std::string image;  // with mirrorscope as `mirrorscope`
  std::vector<Volume> volumes;
  uint32_t at_once = 0;  // pods; 0: all
};

// The manifest, as JSON, which is YAML, too. An Error if the plan has nothing to do, or if a path of it is on none of
// the volumes.
Result<std::string> manifest(const Plan& plan, const std::filesystem::path& plan_file, const Pods& pods);

}  // namespace mirrorscope::fleet
