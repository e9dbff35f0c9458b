// SPDX-License-Identifier: Apache-2.0
// Look, divide, keep.
#include "fleet/planning.h"

#include <fmt/format.h>

#include "fleet/results.h"

namespace mirrorscope::fleet {

size_t Planned::open() const {
  size_t count = 0;
  for (const auto& task : plan.tasks) count += task.size();
  return count;
}

uint64_t Planned::open_bytes() const {
  uint64_t bytes = 0;
  for (const auto& task : plan.tasks)
    for (const uint32_t i : task) bytes += plan.traces[i].trace.bytes;
  return bytes;
}

Result<Planned> plan_archives(const Wanted& wanted) {
  Planned out;
  Plan& plan = out.plan;
  std::error_code error;
  plan.output = std::filesystem::absolute(wanted.results, error).lexically_normal().string();
  if (error) return fail(error.value(), "cannot tell where ", wanted.results, " is");
  plan.rules = wanted.rules;
  plan.memory = wanted.memory;
  auto traces = traces_in(wanted.archives);
  if (!traces) return traces.error();
  if (traces->empty())
    return fail(0, "cannot check ", fmt::format("{}", fmt::join(wanted.archives, ", ")), ": there is no trace in it");
  for (auto& trace : *traces) plan.traces.push_back({std::move(trace), {}});
  const Results results(plan.output);
  if (auto made = results.make(); !made) return made.error();
  divide(plan, wanted.sizes, [&](const PlannedTrace& t) { return results.has(t.key); });
  const auto json = to_json(plan);
  if (!json) return json.error();
  auto file = results.keep_plan(*json);
  if (!file) return file.error();
  out.file = std::move(*file);
  return out;
}

}  // namespace mirrorscope::fleet
