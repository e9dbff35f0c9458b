// SPDX-License-Identifier: Apache-2.0
// In which files registration caches of user space are looked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

struct CacheFiles {
  std::vector<std::string> command;            // what will run: its program, which may have a cache linked in
  std::vector<uint32_t> pids;                  // what runs: its program and all that it has mapped
  std::vector<std::filesystem::path> also;     // asked for by name
};

// Those, and the libraries that the dynamic linker would take (/etc/ld.so.cache). Each once, symbolic links resolved. An error if
// a file that was asked for by name is not there.
Result<std::vector<std::filesystem::path>> cache_files(const CacheFiles& wanted);

}  // namespace mirrorscope
