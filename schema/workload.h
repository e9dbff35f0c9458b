// SPDX-License-Identifier: Apache-2.0
// Whose a process is, by where its cgroup lies: unit, pod, container, job and step.
//
// Each of them lays its cgroups out in its own way; workload.cpp says where that is written. What a path does not say
// stays empty: nothing is guessed from names. Below user@UID.service the user makes what he likes, so pods and jobs are
// not believed there.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mirrorscope {

// Each empty if the path does not say. Letters, digits and ":-_.@\" only: nothing that a terminal or a format would
// mind.
struct Workload {
  std::string unit = {};       // of systemd, the first of the path: "slurmd.service", "cri-containerd-4f….scope"
  std::string pod = {};        // its uid, as Kubernetes writes it: "2f4bd9d2-e0b1-4a0e-9a42-0d5d4b4c8f11"
  std::string container = {};  // its id: 64 hexadecimal digits
  std::string job = {};        // of Slurm: "4711"
  std::string step = {};       // of that job: "0", "batch", "extern", "interactive"

  bool operator==(const Workload&) const = default;
};

// `cgroup`: "/system.slice/slurmstepd.scope/job_4711/step_0/user/task_0". With kCut in front only the container is
// looked for.
Workload workload_of(std::string_view cgroup);

// The path to keep of /proc/PID/cgroup, which has one per hierarchy: the one that says most, of several that of cgroup
// v2, then systemd's. Empty if the text is none.
std::string cgroup_in(std::string_view proc_pid_cgroup);

// What stands in front of a path whose beginning did not fit.
inline constexpr std::string_view kCut = "...";
// At most `most` bytes of it: the end says more than the beginning.
std::string end_of_path(std::string_view path, size_t most);

// By which of its sides calls are added up or filtered: "cgroup", "unit", "pod", "container", "job", "step".
enum class WorkloadSide { cgroup, unit, pod, container, job, step };
inline constexpr std::array<std::string_view, 6> kWorkloadSides = {"cgroup", "unit", "pod", "container", "job", "step"};
// A step's has its job in front, as Slurm writes it: "4711.batch". Empty if the path does not say.
std::string side_of(std::string_view cgroup, WorkloadSide side);

}  // namespace mirrorscope
