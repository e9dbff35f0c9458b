// SPDX-License-Identifier: Apache-2.0
// Which settings of this machine make translations die more often than its programs ask for, and which limit pins?
//
// Each row of settings.cpp names the function of the kernel (7.2) that starts the invalidations, or that refuses the pin.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mirrorscope {

enum class Bearing {
  fine,    // as it is, it starts nothing
  storms,  // invalidations that no program asked for
  limits,  // pins or on-demand registrations fail beyond it
};

// One setting as it was read. What the views refer to lives as long as the program.
struct HostSetting {
  std::string_view path;     // "/proc/sys/kernel/numa_balancing", as the kernel names it
  std::string value;         // as read, the choice in brackets taken out: "always"
  Bearing bearing = Bearing::fine;
  std::string_view says;     // what it does to mirrors, half a sentence
  std::string_view because;  // file and function
  std::string_view advice;   // what to type or do; empty if fine
};

// What is there below `root` ("/"), in the order of the table. A setting that this kernel does not have, or that cannot be read, is left
// out: absence is no finding.
std::vector<HostSetting> read_host(const std::filesystem::path& root);

// How much memory this process, and what it starts, may lock: RLIMIT_MEMLOCK, which root and CAP_IPC_LOCK are free of.
HostSetting read_memlock_limit();

}  // namespace mirrorscope
