// SPDX-License-Identifier: Apache-2.0
// How rules say addresses, ranges and results, so that every finding says them alike.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "schema/catalog.h"

namespace mirrorscope {

inline std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }
// Half open, as the kernel's ranges are.
inline std::string range_text(uint64_t start, uint64_t end) { return fmt::format("[{:#x}, {:#x})", start, end); }
inline std::string_view reason_text(uint32_t reason) { return label_of(catalog::enum_reason, reason); }

}  // namespace mirrorscope
