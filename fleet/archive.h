// SPDX-License-Identifier: Apache-2.0
// Which traces lie below a directory, how large they are, and whether one is still what it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/result.h"

namespace mirrorscope::fleet {

// A trace as it lies on disk; nothing of it was read.
struct ArchivedTrace {
  std::string path;    // absolute, without symbolic links
  uint64_t bytes = 0;  // of all its files
  std::string stamp;  // of the names, sizes and times of its files: 32 hex digits, another one when any of them changes
};

// Every directory at or below `archives` that holds a trace (what Reader::open() takes for one), by path, each once.
// Symbolic links to directories below are not followed: an archive that links to itself has no end. An Error if one of
// them is no directory, or if a directory cannot be read.
Result<std::vector<ArchivedTrace>> traces_in(const std::vector<std::string>& archives);

// The stamp and the size that the trace at `path` has now.
Result<ArchivedTrace> look_at_trace(const std::filesystem::path& path);

}  // namespace mirrorscope::fleet
