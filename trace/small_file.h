// SPDX-License-Identifier: Apache-2.0
// A small file that somebody names, read whole: whatever it turns out to be, that takes no time and no memory to speak of.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "trace/result.h"

namespace mirrorscope::trace {

inline constexpr size_t small_file_bytes = 64u << 20;

// A directory, a pipe, a device or more than `most` bytes is an error, said in one sentence.
Result<std::string> read_small_file(const std::filesystem::path& file, size_t most = small_file_bytes);

}  // namespace mirrorscope::trace
