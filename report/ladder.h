// SPDX-License-Identifier: Apache-2.0
// The records of a window below each other, one column per task.
#pragma once

#include <string>

#include "report/window.h"

namespace mirrorscope {

std::string ladder(const Window& window, const Report& report);

}  // namespace mirrorscope
