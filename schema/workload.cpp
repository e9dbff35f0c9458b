// SPDX-License-Identifier: Apache-2.0
// How cgroups are laid out by those who make them.
//
// systemd: the first part of the path that is no slice, src/basic/cgroup-util.c, cg_path_get_unit(). A leading "_" is
// an escape, cg_unescape(). Which names are units: src/basic/unit-name.c, unit_name_is_valid().
//
// Kubernetes: pkg/kubelet/cm/cgroup_manager_linux.go. ToSystemd() makes kubepods-burstable-pod<uid>.slice, "-" of the
// uid as "_" (escapeSystemdCgroupName()); ToCgroupfs() makes kubepods/burstable/pod<uid>. A guaranteed pod has no class
// in between: pkg/kubelet/cm/pod_container_manager_linux.go, GetPodContainerName(). A kubelet with --cgroup-root puts
// it in front (kind: kubelet-).
//
// Containers: <prefix>-<id>.scope, runc, libcontainer/cgroups/systemd/common.go, getUnitName(). The prefixes are docker
// (moby, daemon/oci_linux.go, withCgroups()), cri-containerd (containerd, internal/cri/server/helpers.go,
// getCgroupsPath()), crio (cri-o, internal/config/cgmgr), libpod (podman, libpod/container_internal_linux.go,
// getOCICgroupPath()). By cgroupfs: docker/<id>, pod<uid>/<id>, pod<uid>/crio-<id>, libpod_parent/libpod-<id>; podman
// --cgroups=split: libpod-payload-<id>. <prefix>-conmon-<id>: who watches a container is not in it.
//
// Slurm: cgroup/v2, system.slice/[<node>_]slurmstepd.scope/job_<id>/step_<id>/user/task_<n>,
// src/plugins/cgroup/v2/cgroup_v2.c, _set_int_cg_ns() and cgroup_p_step_create(). cgroup/v1,
// slurm[_<node>]/uid_<n>/job_<id>/step_<id>/task_<n>, src/plugins/cgroup/v1/xcgroup.c, xcgroup_create_slurm_cg() and
// xcgroup_create_hierarchy().
#include "schema/workload.h"

#include <algorithm>
#include <vector>

namespace mirrorscope {

namespace {

constexpr std::string_view kDigits = "0123456789", kHex = "0123456789abcdef";
constexpr std::string_view kUnitLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@";
constexpr size_t kContainerId = 64;
constexpr size_t kNameMax = 255;  // of a directory of cgroupfs, and of a unit

bool only(std::string_view text, std::string_view letters) {
  return !text.empty() && text.size() <= kNameMax && text.find_first_not_of(letters) == text.npos;
}

// What is behind `prefix`, empty if it does not begin so.
std::string_view behind(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string_view unit_in(std::string_view part) {
  if (part.starts_with('_')) part.remove_prefix(1);
  const auto ends = [part](std::string_view suffix) { return part.size() > suffix.size() && part.ends_with(suffix); };
  const bool unit = ends(".service") || ends(".scope") || ends(".mount") || ends(".socket") || ends(".swap");
  return unit && only(part, kUnitLetters) ? part : std::string_view();
}

std::string_view container_in(std::string_view part) {
  if (part.ends_with(".scope")) part.remove_suffix(std::string_view(".scope").size());
  if (part.size() < kContainerId) return {};
  const std::string_view id = part.substr(part.size() - kContainerId),
                         prefix = part.substr(0, part.size() - kContainerId);
  const bool named = prefix.empty() || (prefix.ends_with('-') && prefix != "conmon-" && !prefix.ends_with("-conmon-"));
  return named && only(id, kHex) ? id : std::string_view();
}

// The uid in the name of a pod's slice, or of its directory below kubepods.
std::string pod_in(std::string_view part, bool below_kubepods) {
  constexpr std::string_view slice = ".slice", pod = "-pod";
  if (part.ends_with(slice) && part.find("kubepods") != part.npos) {
    part.remove_suffix(slice.size());
    const size_t at = part.rfind(pod);
    if (at == part.npos) return {};
    std::string uid(part.substr(at + pod.size()));
    if (!only(uid, std::string(kHex) + "_")) return {};
    std::replace(uid.begin(), uid.end(), '_', '-');
    return uid;
  }
  const std::string_view uid = below_kubepods ? behind(part, "pod") : std::string_view();
  return only(uid, std::string(kHex) + "-") ? std::string(uid) : std::string();
}

bool is_slurm(std::span<const std::string_view> parts, size_t job) {
  if (job >= 2 && parts[job - 2] == "system.slice" &&
      (parts[job - 1] == "slurmstepd.scope" || parts[job - 1].ends_with("_slurmstepd.scope")))
    return true;
  return job >= 2 && only(behind(parts[job - 1], "uid_"), kDigits) &&
         (parts[job - 2] == "slurm" || parts[job - 2].starts_with("slurm_"));
}

bool is_slice(std::string_view part) { return part.ends_with(".slice"); }
bool is_users_own(std::string_view part) { return part.starts_with("user@") && part.ends_with(".service"); }

}  // namespace

Workload workload_of(std::string_view cgroup) {
  Workload w;
  const bool cut = cgroup.starts_with(kCut);
  const std::vector<std::string_view> parts =
      parts_of(cut ? cgroup.substr(std::min(cgroup.find('/'), cgroup.size())) : cgroup);
  bool believed = !cut, slices = !cut, kubepods = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (slices && !is_slice(part)) {
      w.unit = unit_in(part);
      slices = false;
    }
    if (const auto id = container_in(part); !id.empty()) w.container = id;
    believed = believed && !is_users_own(part);
    if (!believed) continue;
    if (std::string uid = pod_in(part, kubepods); !uid.empty()) w.pod = std::move(uid);
    kubepods = kubepods || part == "kubepods";
    if (const auto job = behind(part, "job_"); only(job, kDigits) && is_slurm(parts, i)) {
      w.job = job;
      const auto step = i + 1 < parts.size() ? behind(parts[i + 1], "step_") : std::string_view();
      w.step = only(step, kUnitLetters) ? step : std::string_view();
    }
  }
  return w;
}

std::string cgroup_in(std::string_view text) {
  std::string best;
  int best_rank = -1;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    // "4:memory:/slurm/uid_1000/job_4711", cgroup v2: "0::/user.slice": proc_cgroup_show(), kernel/cgroup/cgroup.c
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos || second + 1 == line.size()) continue;
    const bool v2 = line.substr(0, second) == "0:";
    std::string_view path = line.substr(second + 1);
    constexpr std::string_view gone = " (deleted)";
    if (v2 && path.ends_with(gone)) path.remove_suffix(gone.size());
    const Workload w = workload_of(path);
    const int said = !w.unit.empty() + !w.pod.empty() + !w.container.empty() + !w.job.empty() + !w.step.empty();
    const bool systemd = line.substr(first + 1, second - first - 1) == "name=systemd";
    const int rank = said * 4 + (path == "/" ? 0 : v2 ? 3 : systemd ? 2 : 1);
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = path;
  }
  return best;
}

std::string end_of_path(std::string_view path, size_t most) {
  if (path.size() <= most) return std::string(path);
  if (most <= kCut.size()) return std::string(kCut.substr(0, most));
  return std::string(kCut) + std::string(path.substr(path.size() - (most - kCut.size())));
}

std::string side_of(std::string_view cgroup, WorkloadSide side) {
  if (side == WorkloadSide::cgroup) return std::string(cgroup);
  Workload w = workload_of(cgroup);
  switch (side) {
    case WorkloadSide::unit:
      return std::move(w.unit);
    case WorkloadSide::pod:
      return std::move(w.pod);
    case WorkloadSide::container:
      return std::move(w.container);
    case WorkloadSide::job:
      return std::move(w.job);
    case WorkloadSide::step:
      return w.step.empty() ? std::string() : w.job + "." + w.step;
    case WorkloadSide::cgroup:
      break;
  }
  return {};
}

}  // namespace mirrorscope
