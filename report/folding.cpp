// SPDX-License-Identifier: Apache-2.0
// How lines are broken: at spaces only, so that a word which is too long stays whole and can be searched for.
#include "report/folding.h"

#include <fmt/format.h>

#include <algorithm>

namespace mirrorscope {

std::string folded(std::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (column > indent && column + word.size() + 1 > kColumns) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out;
}

std::string grouped(uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string counted(uint64_t n, std::string_view of) { return fmt::format("{} {}{}", grouped(n), of, n == 1 ? "" : "s"); }

std::string clock_text(uint64_t time) { return fmt::format("{}.{:06}", time / 1'000'000'000, time / 1000 % 1'000'000); }

}  // namespace mirrorscope
