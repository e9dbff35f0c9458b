// SPDX-License-Identifier: Apache-2.0
// How long text is broken into lines that fit a mail, and how times and large numbers are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mirrorscope {

inline constexpr size_t kColumns = 80;

// Breaks at spaces before column 80; the first line is taken to begin at column `indent`, all others are indented so far.
std::string folded(std::string_view text, size_t indent);
// 1234567 as 1,234,567.
std::string grouped(uint64_t n);
// "1 occasion", "1,234 occasions"
std::string counted(uint64_t n, std::string_view of);
// Seconds with microseconds, as dmesg and ftrace print them.
std::string clock_text(uint64_t time);

}  // namespace mirrorscope
