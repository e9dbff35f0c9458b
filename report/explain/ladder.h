// SPDX-License-Identifier: Apache-2.0
// The records of a window below each other, one column per task.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "report/explain/window.h"

namespace mirrorscope {

struct Ladder {
  std::string text;
  std::map<uint64_t, std::string> words;  // short ones for kernel addresses: sub1, range2; the text ends with what they stand for
};

Ladder ladder(const Window& window, const Report& report);

}  // namespace mirrorscope
