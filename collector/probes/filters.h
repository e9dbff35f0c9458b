// SPDX-License-Identifier: Apache-2.0
// Which processes and which events a user asked for, in the words of the BPF programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

// Where cgroup v2 is mounted, empty if nowhere. On a machine with both versions it is not /sys/fs/cgroup.
std::filesystem::path cgroup2_root();

// The id of a cgroup v2 directory. A name that does not start with "/" is below the place where cgroup v2 is mounted.
Result<uint64_t> cgroup_id(const std::filesystem::path& directory);

// Is there such a process?
Result<void> process_exists(uint32_t pid);

// Names of the events that `globs` leave out. "inv_*" asks for these and nothing else, "!pin*" leaves these out; a glob
// that fits no event is an error. Events about the trace itself cannot be left out.
Result<std::vector<std::string>> events_left_out(const std::vector<std::string>& globs);

// "64M" -> 67108864. K, M, G; plain digits are bytes.
Result<uint64_t> bytes_of(const std::string& text);

}  // namespace mirrorscope
