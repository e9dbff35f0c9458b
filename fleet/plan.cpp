// SPDX-License-Identifier: Apache-2.0
// How traces are divided, and how a plan is written and read.
#include "fleet/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>

#include "fleet/digest.h"
#include "schema/catalog.h"
#include "trace/small_file.h"

namespace mirrorscope::fleet {

namespace {
using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "mirrorscope-plan-1";
constexpr size_t kLargestPlan = size_t{1} << 30;
// Opening a trace and the process for it cost what reading so many bytes does (docs/decisions.md).
constexpr uint64_t kPerTrace = 4u << 20;

uint64_t weight(const PlannedTrace& t) { return t.trace.bytes + kPerTrace; }

std::string key_of(const Plan& plan, const ArchivedTrace& trace) {
  return digest(fmt::format("{}\n{}\n{:x}\n{}\n{}", trace.path, trace.stamp, schema_hash, MIRRORSCOPE_VERSION,
                            fmt::join(plan.rules, ",")));
}

// The largest first, each to the task that has least: no task exceeds another by more than its last trace.
std::vector<std::vector<uint32_t>> spread(const Plan& plan, std::vector<uint32_t> open, size_t tasks) {
  std::stable_sort(open.begin(), open.end(),
                   [&](uint32_t a, uint32_t b) { return weight(plan.traces[a]) > weight(plan.traces[b]); });
  using Load = std::pair<uint64_t, size_t>;  // weight, task
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (size_t i = 0; i < tasks; ++i) loads.push({0, i});
  std::vector<std::vector<uint32_t>> out(tasks);
  for (const uint32_t i : open) {
    auto [load, task] = loads.top();
    loads.pop();
    out[task].push_back(i);
    loads.push({load + weight(plan.traces[i]), task});
  }
  return out;
}

Result<Plan> parse(const std::string& text) {
  const Json in = Json::parse(text, nullptr, false);
  if (!in.is_object() || in.value("format", Json()) != kFormat)
    return fail(0, "is no plan of `mirrorscope fleet check`");
  try {
    if (in.at("version") != MIRRORSCOPE_VERSION || in.at("schema") != fmt::format("{:016x}", schema_hash))
      return fail(0, "is a plan of mirrorscope ", in.at("version").get<std::string>(), " and this is another build, ",
                  MIRRORSCOPE_VERSION, "; plan again");
    Plan plan;
    in.at("output").get_to(plan.output);
    in.at("rules").get_to(plan.rules);
    in.at("memory").get_to(plan.memory);
    for (const Json& t : in.at("traces"))
      plan.traces.push_back({{t.at("path"), t.at("bytes"), t.at("stamp")}, t.at("key")});
    in.at("tasks").get_to(plan.tasks);
    for (const auto& task : plan.tasks)
      for (const uint32_t i : task)
        if (i >= plan.traces.size()) return fail(0, "is damaged: it has no trace ", i);
    return plan;
  } catch (const Json::exception& error) {
    return fail(0, "is damaged: ", error.what());
  }
}
}  // namespace

void divide(Plan& plan, const Sizes& sizes, const std::function<bool(const PlannedTrace&)>& done) {
  std::vector<uint32_t> open;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < plan.traces.size(); ++i) {
    PlannedTrace& t = plan.traces[i];
    t.key = key_of(plan, t.trace);
    if (done(t)) continue;
    open.push_back(i);
    sum += weight(t);
  }
  const uint64_t wanted = (sum + sizes.chunk - 1) / std::max<uint64_t>(1, sizes.chunk);
  const uint64_t tasks = std::min({std::max<uint64_t>(1, wanted), uint64_t{open.size()}, uint64_t{sizes.most}});
  plan.tasks = spread(plan, std::move(open), tasks);
}

Result<std::string> to_json(const Plan& plan) {
  Json out{{"format", kFormat},
           {"version", MIRRORSCOPE_VERSION},
           {"schema", fmt::format("{:016x}", schema_hash)},
           {"output", plan.output},
           {"rules", plan.rules},
           {"memory", plan.memory},
           {"traces", Json::array()},
           {"tasks", plan.tasks}};
  try {
    for (const PlannedTrace& t : plan.traces) {
      Json trace{{"path", t.trace.path}, {"bytes", t.trace.bytes}, {"stamp", t.trace.stamp}, {"key", t.key}};
      (void)trace.dump();  // throws at what is no UTF-8
      out["traces"].push_back(std::move(trace));
    }
    return out.dump() + "\n";
  } catch (const Json::exception&) {
    const size_t at = out["traces"].size();
    return fail(0, "cannot plan ", at < plan.traces.size() ? plan.traces[at].trace.path : plan.output,
                ": its name is no UTF-8");
  }
}

Result<Plan> read_plan(const std::filesystem::path& file) {
  auto text = trace::read_small_file(file, kLargestPlan);
  if (!text) return text.error();
  auto plan = parse(*text);
  if (!plan) return fail(0, file.string(), " ", plan.error().message);
  return plan;
}

}  // namespace mirrorscope::fleet
