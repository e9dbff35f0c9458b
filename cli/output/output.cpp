// SPDX-License-Identifier: Apache-2.0
// How numbers are rounded and lists are folded.
#include "cli/output/output.h"

#include <array>
#include <cstdio>

namespace mirrorscope::cli {

std::string in_bytes(uint64_t bytes) {
  constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < units.size()) value /= 1000, ++unit;
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string in_seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(time.count()) / 1e9);
  return text;
}

std::string folded_list(const std::string& label, const std::string& list, size_t width) {
  std::string text = label;
  size_t column = label.size();
  for (size_t at = 0; at < list.size();) {
    size_t end = list.find(", ", at);
    end = end == std::string::npos ? list.size() : end + 2;
    if (column + (end - at) > width && column > label.size()) {
      text += '\n' + std::string(label.size(), ' ');
      column = label.size();
    }
    text += list.substr(at, end - at);
    column += end - at;
    at = end;
  }
  return text + '\n';
}

}  // namespace mirrorscope::cli
