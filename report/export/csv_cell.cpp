// SPDX-License-Identifier: Apache-2.0
// How a name becomes a cell.
#include "report/export/csv_cell.h"

#include <fmt/format.h>

namespace mirrorscope {

std::string csv_cell(std::string_view shown) {
  std::string text(shown);
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos)
    text.replace(0, 1, fmt::format("\\x{:02x}", static_cast<unsigned>(text[0])));
  if (text.find_first_of(",\"") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' ')) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace mirrorscope
