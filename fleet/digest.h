// SPDX-License-Identifier: Apache-2.0
// A short name for a long text: 128 bits of XXH3 as 32 hex digits. Not for what somebody might forge.
#pragma once

#include <string>
#include <string_view>

namespace mirrorscope::fleet {

std::string digest(std::string_view bytes);

}  // namespace mirrorscope::fleet
