// SPDX-License-Identifier: Apache-2.0
// One finding as a text that can be mailed to a kernel list and argued with: 80 columns, one per task, the kernel's own words.
#pragma once

#include <string>

#include "report/explain/window.h"
#include "report/findings.h"

namespace mirrorscope {

std::string explain(const Finding& finding, const Window& window, const Report& report);

}  // namespace mirrorscope
