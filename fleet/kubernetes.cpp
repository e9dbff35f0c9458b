// SPDX-License-Identifier: Apache-2.0
// How the manifest is written.
#include "fleet/kubernetes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mirrorscope::fleet {

namespace {
using Json = nlohmann::ordered_json;

bool lies_in(const std::string& path, const Volume& v) {
  return path == v.path || path.starts_with(v.path.ends_with('/') ? v.path : v.path + "/");
}

Result<void> all_mounted(const Plan& plan, const Pods& pods) {
  const auto mounted = [&](const std::string& path) {
    return std::any_of(pods.volumes.begin(), pods.volumes.end(), [&](const Volume& v) { return lies_in(path, v); });
  };
  if (!mounted(plan.output)) return fail(0, "cannot write a job: no --volume holds the results, ", plan.output);
  for (const auto& task : plan.tasks)
    for (const uint32_t i : task)
      if (!mounted(plan.traces[i].trace.path))
        return fail(0, "cannot write a job: no --volume holds the trace ", plan.traces[i].trace.path);
  return {};
}
}  // namespace

Result<Volume> parse_volume(const std::string& text) {
  const size_t sign = text.find('=');
  if (sign == 0 || sign == std::string::npos || sign + 1 >= text.size() || text[sign + 1] != '/')
    return fail(0, "'", text, "' is no volume; write CLAIM=/PATH");
  return Volume{text.substr(0, sign), text.substr(sign + 1)};
}

Result<std::string> manifest(const Plan& plan, const std::filesystem::path& plan_file, const Pods& pods) {
  if (plan.tasks.empty()) return fail(0, "cannot write a job: every trace has its result");
  if (auto done = all_mounted(plan, pods); !done) return done.error();
  Json mounts = Json::array();
  Json volumes = Json::array();
  for (size_t i = 0; i < pods.volumes.size(); ++i) {
    const std::string name = fmt::format("volume-{}", i);
    mounts.push_back({{"name", name}, {"mountPath", pods.volumes[i].path}});
    volumes.push_back({{"name", name}, {"persistentVolumeClaim", {{"claimName", pods.volumes[i].claim}}}});
  }
  // The number of the task is in JOB_COMPLETION_INDEX, which the controller sets. A pod that is lost or fails is
  // started again and does what is missing.
  const Json container{{"name", "check"},
                       {"image", pods.image},
                       {"command", {"mirrorscope", "fleet", "task", plan_file.string()}},
                       {"volumeMounts", mounts}};
  const Json pod{{"restartPolicy", "Never"}, {"containers", {container}}, {"volumes", volumes}};
  const auto tasks = static_cast<uint32_t>(plan.tasks.size());
  Json out{{"apiVersion", "batch/v1"},
           {"kind", "Job"},
           {"metadata", {{"name", "mirrorscope-check-" + plan_file.stem().string()}}},
           {"spec",
            {{"completionMode", "Indexed"},
             {"completions", tasks},
             {"parallelism", pods.at_once ? std::min(pods.at_once, tasks) : tasks},
             {"backoffLimitPerIndex", 2},
             {"template", {{"spec", pod}}}}}};
  return out.dump(2) + "\n";
}

}  // namespace mirrorscope::fleet
