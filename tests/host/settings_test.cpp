// SPDX-License-Identifier: Apache-2.0
// Which settings are named, and when? Each is set below a root of the test's own, both ways.
#include "host/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>

namespace mirrorscope::test {

namespace {
namespace fs = std::filesystem;

class Host : public testing::Test {
 protected:
  Host() {
    std::string name = (fs::temp_directory_path() / "mirrorscope-host.XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~Host() override { fs::remove_all(root_); }

  void set(const fs::path& path, const std::string& text) {
    const fs::path file = root_ / path.relative_path();
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  // Of one setting; empty if it is not named at all.
  std::optional<Bearing> bearing(const std::string& path) {
    for (const HostSetting& s : read_host(root_))
      if (s.path == path) return s.bearing;
    return std::nullopt;
  }
  fs::path root_;
};

struct Row {
  const char* path;
  const char* bad;
  const char* good;
  Bearing bearing = Bearing::storms;
};

const Row rows[] = {
    {"/proc/sys/kernel/numa_balancing", "1", "0"},
    {"/proc/sys/kernel/numa_balancing", "3", "2"},  // NUMA_BALANCING_MEMORY_TIERING alone
    {"/sys/kernel/mm/numa/demotion_enabled", "true", "false"},
    {"/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never", "always [madvise] never"},
    {"/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise never deny [force]",
     "always within_size [advise] never deny force"},
    {"/sys/kernel/mm/transparent_hugepage/defrag", "[always] defer defer+madvise madvise never",
     "always defer defer+madvise [madvise] never"},
    {"/sys/kernel/mm/ksm/run", "1", "2"},
    {"/proc/sys/vm/compaction_proactiveness", "80", "20"},
    {"/proc/sys/vm/zone_reclaim_mode", "1", "0"},
    {"/proc/sys/vm/swappiness", "60", "10"},
    {"/sys/module/damon_reclaim/parameters/enabled", "Y", "N"},
    {"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "1024", "65535", Bearing::limits},
};
}  // namespace

TEST_F(Host, EverySettingIsNamedOnlyWhereItMatters) {
  set("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2");
  set("/sys/devices/system/node/online", "0-1");
  for (const Row& row : rows) {
    set(row.path, row.bad);
    EXPECT_EQ(bearing(row.path), row.bearing) << row.path << " = " << row.bad;
    set(row.path, row.good);
    EXPECT_EQ(bearing(row.path), Bearing::fine) << row.path << " = " << row.good;
  }
}

TEST_F(Host, EverySettingOfTheTableIsTested) {
  for (const Row& row : rows) set(row.path, row.bad);
  set("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2");
  std::set<std::string> tested, known;
  for (const Row& row : rows) tested.insert(row.path);
  for (const HostSetting& s : read_host(root_)) known.emplace(s.path);
  EXPECT_EQ(known, tested);
}

TEST_F(Host, WhatNeedsSomethingElseIsFineWithoutIt) {
  set("/proc/sys/kernel/numa_balancing", "1");
  set("/sys/devices/system/node/online", "0");
  set("/proc/sys/vm/swappiness", "60");
  set("/proc/swaps", "Filename Type Size Used Priority");
  EXPECT_EQ(bearing("/proc/sys/kernel/numa_balancing"), Bearing::fine);
  EXPECT_EQ(bearing("/proc/sys/vm/swappiness"), Bearing::fine);
}

TEST_F(Host, WhatAKernelDoesNotHaveIsLeftOut) { EXPECT_THAT(read_host(root_), testing::IsEmpty()); }

TEST_F(Host, AFindingHasSomethingToDoAndSaysWhy) {
  for (const Row& row : rows) set(row.path, row.bad);
  for (const HostSetting& s : read_host(root_)) {
    EXPECT_FALSE(s.says.empty()) << s.path;
    EXPECT_THAT(std::string(s.because), testing::HasSubstr(".c, ")) << s.path;
    EXPECT_EQ(s.advice.empty(), s.bearing == Bearing::fine) << s.path;
  }
}

TEST(Memlock, IsTheLimitOfThisProcess) {
  const HostSetting s = read_memlock_limit();
  EXPECT_EQ(s.value == "unlimited", s.bearing == Bearing::fine);
  EXPECT_EQ(s.advice.empty(), s.bearing == Bearing::fine);
}

}  // namespace mirrorscope::test
