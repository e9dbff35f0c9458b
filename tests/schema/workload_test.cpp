// SPDX-License-Identifier: Apache-2.0
// Whose a process is, by every layout that workload.cpp cites, and by paths that somebody made up.
#include "schema/workload.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace mirrorscope {

void PrintTo(const Workload& w, std::ostream* out) {
  *out << "unit=" << w.unit << " pod=" << w.pod << " container=" << w.container << " job=" << w.job
       << " step=" << w.step;
}

namespace {

const std::string id = "4f1c0e6ad3b2987f4f1c0e6ad3b2987f4f1c0e6ad3b2987f4f1c0e6ad3b2987f";
const std::string other = "00c0e6ad3b2987f4f1c0e6ad3b2987f4f1c0e6ad3b2987f4f1c0e6ad3b298700";
const std::string uid = "2f4bd9d2-e0b1-4a0e-9a42-0d5d4b4c8f11", uid_ = "2f4bd9d2_e0b1_4a0e_9a42_0d5d4b4c8f11";

struct Row {
  std::string cgroup;
  Workload workload;
};

TEST(Workload, is_what_the_path_says) {
  const Row rows[] = {
      // systemd
      {"/", {}},
      {"", {}},
      {"/init.scope", {.unit = "init.scope"}},
      {"/system.slice/ssh.service", {.unit = "ssh.service"}},
      {"/system.slice/system-getty.slice/getty@tty1.service", {.unit = "getty@tty1.service"}},
      {"/system.slice/_cpu.service", {.unit = "cpu.service"}},
      {"/system.slice/dev-disk-by\\x2duuid-1.swap", {.unit = "dev-disk-by\\x2duuid-1.swap"}},
      {"/user.slice/user-1000.slice/session-3.scope", {.unit = "session-3.scope"}},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/my.service", {.unit = "user@1000.service"}},
      {"/user.slice", {}},
      // Kubernetes, by systemd and by cgroupfs; classes burstable and guaranteed; a static pod; kind
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid_ + ".slice/cri-containerd-" + id +
           ".scope",
       {.unit = "cri-containerd-" + id + ".scope", .pod = uid, .container = id}},
      {"/kubepods.slice/kubepods-pod" + uid_ + ".slice/crio-" + id + ".scope/container",
       {.unit = "crio-" + id + ".scope", .pod = uid, .container = id}},
      {"/kubepods/besteffort/pod" + uid + "/" + id, {.pod = uid, .container = id}},
      {"/kubepods/pod" + uid + "/crio-" + id, {.pod = uid, .container = id}},
      {"/kubepods/burstable/podd1b2e6ad3b2987f4f1c0e6ad3b2987f4", {.pod = "d1b2e6ad3b2987f4f1c0e6ad3b2987f4"}},
      {"/system.slice/docker-" + other +
           ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
           "kubelet-kubepods-besteffort-pod" +
           uid_ + ".slice/cri-containerd-" + id + ".scope",
       {.unit = "docker-" + other + ".scope", .pod = uid, .container = id}},
      {"/kubepods.slice/kubepods-burstable.slice", {}},
      // Docker, podman
      {"/system.slice/docker-" + id + ".scope", {.unit = "docker-" + id + ".scope", .container = id}},
      {"/docker/" + id, {.container = id}},
      {"/machine.slice/libpod-" + id + ".scope/container", {.unit = "libpod-" + id + ".scope", .container = id}},
      {"/libpod_parent/libpod-" + id, {.container = id}},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope/container",
       {.unit = "user@1000.service", .container = id}},
      {"/system.slice/web.service/libpod-payload-" + id, {.unit = "web.service", .container = id}},
      {"/machine.slice/libpod-conmon-" + id + ".scope", {.unit = "libpod-conmon-" + id + ".scope"}},
      // Slurm: cgroup/v2 and v1, with and without the node's name
      {"/system.slice/slurmstepd.scope/job_4711/step_0/user/task_3",
       {.unit = "slurmstepd.scope", .job = "4711", .step = "0"}},
      {"/system.slice/slurmstepd.scope/job_4711/step_batch/slurm",
       {.unit = "slurmstepd.scope", .job = "4711", .step = "batch"}},
      {"/system.slice/node1_slurmstepd.scope/job_1/step_extern/user",
       {.unit = "node1_slurmstepd.scope", .job = "1", .step = "extern"}},
      {"/system.slice/slurmstepd.scope/job_4711", {.unit = "slurmstepd.scope", .job = "4711"}},
      {"/system.slice/slurmstepd.scope/system", {.unit = "slurmstepd.scope"}},
      {"/slurm/uid_1000/job_4711/step_interactive/task_0", {.job = "4711", .step = "interactive"}},
      {"/slurm_node1/uid_0/job_9/step_2", {.job = "9", .step = "2"}},
      // a container that a job runs
      {"/system.slice/slurmstepd.scope/job_4711/step_0/user/task_0/" + id,
       {.unit = "slurmstepd.scope", .container = id, .job = "4711", .step = "0"}},
  };
  for (const Row& row : rows) EXPECT_EQ(workload_of(row.cgroup), row.workload) << row.cgroup;
}

TEST(Workload, that_a_user_makes_up_is_not_believed) {
  const std::string own = "/user.slice/user-1000.slice/user@1000.service";
  for (const std::string& path :
       {own + "/system.slice/slurmstepd.scope/job_1/step_0", own + "/slurm/uid_0/job_1/step_0",
        own + "/kubepods.slice/kubepods-pod" + uid_ + ".slice/x", own + "/kubepods/pod" + uid})
    EXPECT_EQ(workload_of(path), (Workload{.unit = "user@1000.service"})) << path;
}

TEST(Workload, is_empty_where_a_name_only_looks_like_one) {
  for (const std::string& path : std::vector<std::string>{
           "/job_4711/step_0",
           "/slurm/job_4711/step_0",
           "/mine/uid_1/job_4711",
           "/slurm/uid_x/job_4711",
           "/slurm/uid_1/job_",
           "/slurm/uid_1/job_47a",
           "/slurm/uid_1/job_4711\n",
           "/docker/" + id.substr(1),
           "/docker/" + id + "0a",
           "/docker/X" + id,
           "/pod" + uid,
           "/kubepods/pod",
           "/kubepods/pod../x",
           "/kubepods.slice/kubepods-pod\x1b[2J.slice",
           "/system.slice/a b.service",
           "/system.slice/\n.service",
           "/system.slice/.service",
           "/system.slice/" + std::string(300, 'a') + ".service",
           "/system.slice/a.service.d",
       })
    EXPECT_EQ(workload_of(path), Workload()) << path;
  EXPECT_EQ(workload_of("/slurm/uid_1/job_1/step_\n"), (Workload{.job = "1"}));
  EXPECT_EQ(workload_of(std::string(1 << 20, '/') + "docker/" + id), (Workload{.container = id}));
}

TEST(Workload, behind_a_cut_only_the_container_is_believed) {
  EXPECT_EQ(workload_of("...lice/slurmstepd.scope/job_1/step_0/" + id), (Workload{.container = id}));
  EXPECT_EQ(workload_of("..." + id), Workload()) << "this may be the end of a longer name";
}

TEST(EndOfPath, is_cut_in_front_and_says_so) {
  EXPECT_EQ(end_of_path("/a/b", 4), "/a/b");
  EXPECT_EQ(end_of_path("/long/path", 8), ".../path");
  EXPECT_EQ(end_of_path("/long/path", 2), "..");
}

TEST(CgroupIn, takes_the_hierarchy_that_says_most) {
  const std::pair<std::string, std::string> rows[] = {
      {"0::/system.slice/ssh.service\n", "/system.slice/ssh.service"},
      {"0::/\n", "/"},
      {"", ""},
      {"nonsense\n0:\n:::\n", ":"},
      // Slurm's v1 plugin beside systemd
      {"11:memory:/slurm/uid_1000/job_7/step_0/task_0\n2:cpu,cpuacct:/\n1:name=systemd:/system.slice/"
       "slurmd.service\n0::/system.slice/slurmd.service\n",
       "/slurm/uid_1000/job_7/step_0/task_0"},
      {"5:pids:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n0::/\n", "/docker/" + id},
      // the same is said everywhere: v2, then systemd
      {"3:cpu:/a\n1:name=systemd:/b\n0::/c\n", "/c"},
      {"3:cpu:/a\n1:name=systemd:/b\n0::/\n", "/b"},
      {"0::/with:colons:in/it\n", "/with:colons:in/it"},
      // the job's cgroup was removed while its last process ends
      {"0::/system.slice/slurmstepd.scope/job_7/step_0 (deleted)\n", "/system.slice/slurmstepd.scope/job_7/step_0"},
  };
  for (const auto& [text, path] : rows) EXPECT_EQ(cgroup_in(text), path) << text;
}

TEST(Side, of_a_step_has_its_job_in_front) {
  const std::string path = "/system.slice/slurmstepd.scope/job_7/step_batch/user/task_0";
  const std::string sides[] = {path, "slurmstepd.scope", "", "", "7", "7.batch"};
  for (size_t i = 0; i < std::size(sides); ++i)
    EXPECT_EQ(side_of(path, static_cast<WorkloadSide>(i)), sides[i]) << kWorkloadSides[i];
  EXPECT_EQ(side_of("/slurm/uid_1/job_7", WorkloadSide::step), "");
}

}  // namespace
}  // namespace mirrorscope
