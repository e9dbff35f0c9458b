// SPDX-License-Identifier: Apache-2.0
// What does a file of /proc or tracefs that stays open say now? Who may read it was decided when it was opened.
#pragma once

#include <cstddef>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

// All of it, from its start. `about`: how many bytes are expected; more are read, too.
Result<std::vector<char>> read_again(int fd, size_t about);

}  // namespace mirrorscope
