// SPDX-License-Identifier: Apache-2.0
// How sizes, times and lists are written for people: 145 MB and 12.3 s.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mirrorscope::cli {

std::string in_bytes(uint64_t bytes);
std::string in_seconds(std::chrono::nanoseconds time);
// A comma-separated list behind a label, in lines of at most `width` that begin under the first word.
std::string folded_list(const std::string& label, const std::string& list, size_t width);

}  // namespace mirrorscope::cli
