// SPDX-License-Identifier: Apache-2.0
// Which of a process's sides say most.
#include "report/whose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace mirrorscope {

namespace {
constexpr size_t kShortId = 12;  // digits of a container's id that `docker ps` and `crictl ps` show

// Whom it works for, with so many digits of a container's id.
std::vector<std::string> works_for(const Workload& w, size_t digits) {
  std::vector<std::string> parts;
  if (!w.job.empty()) parts.push_back(w.step.empty() ? "job " + w.job : fmt::format("job {}, step {}", w.job, w.step));
  if (!w.pod.empty()) parts.push_back("pod " + w.pod);
  if (!w.container.empty()) parts.push_back("container " + w.container.substr(0, digits));
  return parts;
}
}  // namespace

std::string whose(uint32_t tgid, const Names& names) {
  const KnownProcess* p = names.process(tgid);
  if (!p) return {};
  const std::vector<std::string> parts = works_for(p->workload, kShortId);
  if (!parts.empty()) return fmt::format("{}", fmt::join(parts, ", "));
  if (!p->workload.unit.empty()) return "unit " + p->workload.unit;
  if (!p->cgroup.empty()) return "cgroup " + p->cgroup;
  return p->uid ? fmt::format("uid {}", *p->uid) : std::string();
}

std::string whose_in_full(uint32_t tgid, const Names& names) {
  const KnownProcess* p = names.process(tgid);
  if (!p) return {};
  if (p->ended) return "not known: it had ended before the recorder could ask";
  std::vector<std::string> parts = works_for(p->workload, std::string::npos);
  if (!p->workload.unit.empty()) parts.push_back("unit " + p->workload.unit);
  if (p->uid) parts.push_back(fmt::format("uid {}", *p->uid));
  if (!p->exe.empty()) parts.push_back(p->exe);
  if (!p->cgroup.empty()) parts.push_back("cgroup " + p->cgroup);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace mirrorscope
