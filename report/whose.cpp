// SPDX-License-Identifier: Apache-2.0
// Which of a process's sides say most.
#include "report/whose.h"

#include <fmt/format.h>

namespace mirrorscope {

namespace {
constexpr size_t kShortId = 12;  // digits of a container's id that `docker ps` and `crictl ps` show

std::string job_text(const Workload& w) {
  return w.step.empty() ? "job " + w.job : fmt::format("job {}, step {}", w.job, w.step);
}
}  // namespace

std::string whose(uint32_t tgid, const Names& names) {
  const KnownProcess* p = names.process(tgid);
  if (!p) return {};
  const Workload& w = p->workload;
  std::string text;
  const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (!w.job.empty()) add(job_text(w));
  if (!w.pod.empty()) add("pod " + w.pod);
  if (!w.container.empty()) add("container " + w.container.substr(0, kShortId));
  if (!text.empty()) return text;
  if (!w.unit.empty()) return "unit " + w.unit;
  if (!p->cgroup.empty()) return "cgroup " + p->cgroup;
  return p->uid ? fmt::format("uid {}", *p->uid) : std::string();
}

std::string whose_in_full(uint32_t tgid, const Names& names) {
  const KnownProcess* p = names.process(tgid);
  if (!p) return {};
  if (p->ended) return "not known: it had ended before the recorder could ask";
  const Workload& w = p->workload;
  std::string text;
  const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  if (!w.job.empty()) add(job_text(w));
  if (!w.pod.empty()) add("pod " + w.pod);
  if (!w.container.empty()) add("container " + w.container);
  if (!w.unit.empty()) add("unit " + w.unit);
  if (p->uid) add(fmt::format("uid {}", *p->uid));
  if (!p->exe.empty()) add(p->exe);
  if (!p->cgroup.empty()) add("cgroup " + p->cgroup);
  return text;
}

}  // namespace mirrorscope
