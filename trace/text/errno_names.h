// SPDX-License-Identifier: Apache-2.0
// What the kernel's error numbers are called.
#pragma once

#include <string_view>

namespace mirrorscope::trace {

// "EAGAIN" for 11; empty for what has no name. Knows the kernel's internal ones (ERESTARTSYS, ENOTSUPP) too.
std::string_view errno_name(int number);
// 11 for "EAGAIN"; 0 for what is no name.
int errno_named(std::string_view name);

}  // namespace mirrorscope::trace
