// SPDX-License-Identifier: Apache-2.0
// Text that somebody else chose, between the marks of Markdown.
#pragma once

#include <string>
#include <string_view>

namespace mirrorscope {

// "@name" and "#1" are looked for in what was rendered: a comment stands between.
inline std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\|<>*_`[]~&").find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@' || c == '#') out += "<!-- -->";
  }
  return out;
}

}  // namespace mirrorscope
