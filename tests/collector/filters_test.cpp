// SPDX-License-Identifier: Apache-2.0
// What the words of the command line mean, and which are refused.
#include "collector/probes/filters.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "collector/probes/workload_cgroups.h"

namespace mirrorscope {
namespace {

uint64_t bytes(const std::string& text) {
  auto value = bytes_of(text);
  return value ? *value : 0;
}

TEST(Sizes, are_bytes_or_carry_a_letter) {
  EXPECT_EQ(bytes("4096"), 4096u);
  EXPECT_EQ(bytes("64K"), 65536u);
  EXPECT_EQ(bytes("64m"), 64u << 20);
  EXPECT_EQ(bytes("2G"), uint64_t{2} << 30);
}

TEST(Sizes, that_are_none_are_refused) {
  for (const char* text : {"", "M", "0", "-1", "1.5G", "64MB", "64 M", "99999999999999999999", "17179869184G"})
    EXPECT_FALSE(bytes_of(text).ok()) << text;
  EXPECT_EQ(bytes_of("64MB").error().message, "'64MB' is not a size; write 64M, 2G, 4096");
}

std::vector<std::string> left_out(const std::vector<std::string>& globs) {
  auto names = events_left_out(globs);
  return names ? *names : std::vector<std::string>{"refused"};
}
bool holds(const std::vector<std::string>& names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(EventGlobs, none_leaves_nothing_out) { EXPECT_TRUE(left_out({}).empty()); }

TEST(EventGlobs, asking_for_some_leaves_out_the_rest) {
  const auto out = left_out({"inv_*"});
  EXPECT_FALSE(holds(out, "inv_start"));
  EXPECT_FALSE(holds(out, "inv_end_ret"));
  EXPECT_TRUE(holds(out, "pin"));
  EXPECT_FALSE(holds(out, "lost")) << "what the recorder says of itself cannot be left out";
}

TEST(EventGlobs, leaving_some_out_keeps_the_rest) {
  EXPECT_EQ(left_out({"!pin*"}), (std::vector<std::string>{"pin", "pin_ret", "pin_account"}));
}

TEST(EventGlobs, the_later_word_wins) {
  const auto out = left_out({"inv_*", "!inv_end*"});
  EXPECT_FALSE(holds(out, "inv_start"));
  EXPECT_TRUE(holds(out, "inv_end"));
}

TEST(EventGlobs, a_glob_that_fits_nothing_is_refused) {
  EXPECT_EQ(left_out({"nonsense"}), std::vector<std::string>{"refused"});
  EXPECT_EQ(left_out({"lost"}), std::vector<std::string>{"refused"});
}

TEST(Processes, exist_or_not) {
  EXPECT_TRUE(process_exists(static_cast<uint32_t>(getpid())).ok());
  EXPECT_EQ(process_exists(4'000'000'000u).error().message, "there is no process 4000000000");
}

TEST(Cgroups, are_directories_of_cgroup_v2) {
  EXPECT_EQ(cgroup_id("/tmp").error().message, "/tmp is not a cgroup v2 directory");
  EXPECT_FALSE(cgroup_id("/no/such").ok());
}

// A tree of cgroups as they lie on a node that runs jobs and pods.
struct WorkloadCgroups : testing::Test {
  std::filesystem::path root = std::filesystem::temp_directory_path() / ("cgroups." + std::to_string(getpid()));
  std::string pod = "kubepods.slice/kubepods-pod2f4bd9d2_e0b1_4a0e_9a42_0d5d4b4c8f11.slice";
  std::string scope = "/cri-containerd-" + std::string(64, 'a') + ".scope";

  WorkloadCgroups() {
    for (const char* path :
         {"system.slice/slurmstepd.scope/job_4711/step_0/user/task_0",
          "system.slice/slurmstepd.scope/job_4711/step_batch/user", "system.slice/slurmstepd.scope/job_9/step_0",
          "system.slice/slurmstepd.scope/system", "system.slice/ssh.service"})
      std::filesystem::create_directories(root / path);
    std::filesystem::create_directories(root / (pod + scope));
  }
  ~WorkloadCgroups() override { std::filesystem::remove_all(root); }

  // below root, or why there is none
  std::string found(WorkloadSide side, std::string_view name) {
    const auto paths = cgroups_of(side, name, root);
    if (!paths) return paths.error().message;
    std::string text;
    for (const auto& path : *paths) text += path.lexically_relative(root).string() + "\n";
    return text;
  }
};

TEST_F(WorkloadCgroups, are_the_topmost_of_it) {
  EXPECT_EQ(found(WorkloadSide::job, "4711"), "system.slice/slurmstepd.scope/job_4711\n");
  EXPECT_EQ(found(WorkloadSide::pod, "2f4bd9d2-e0b1-4a0e-9a42-0d5d4b4c8f11"), pod + "\n");
  EXPECT_EQ(found(WorkloadSide::unit, "ssh.service"), "system.slice/ssh.service\n");
  EXPECT_EQ(found(WorkloadSide::unit, "ssh"), "system.slice/ssh.service\n");
}

TEST_F(WorkloadCgroups, that_are_not_there_are_refused_with_those_that_are) {
  EXPECT_EQ(found(WorkloadSide::job, "471"), "there is no job '471'; did you mean '4711'? there are 4711, 9");
  EXPECT_EQ(found(WorkloadSide::job, "../x"), "there is no job '../x'; there are 4711, 9");
  std::filesystem::remove_all(root / "kubepods.slice");
  EXPECT_EQ(found(WorkloadSide::pod, "a"), "there is no pod 'a'; no cgroup below " + root.string() + " is a pod's");
}

}  // namespace
}  // namespace mirrorscope
