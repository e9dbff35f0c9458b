// SPDX-License-Identifier: Apache-2.0
// How numbers are written for people: 1,234,567 and 145 MB and 12.3 s.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mirrorscope::cli {

std::string grouped(uint64_t number);
std::string in_bytes(uint64_t bytes);
std::string in_seconds(std::chrono::nanoseconds time);

}  // namespace mirrorscope::cli
