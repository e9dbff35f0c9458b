// SPDX-License-Identifier: Apache-2.0
// How text is shown that somebody else chose: names of tasks, functions and files. The only place where that is decided.
//
// A process may call itself anything. What has left shown() is valid UTF-8 without a control character, a line end, a
// character that is not seen or that turns the direction of writing, and without what the runners of CI take for a
// command. Letters of all scripts stay. Nothing is lost: a byte that cannot be shown is \xNN, a backslash is \\.
// What a format needs besides (a quote in CSV, a bar in Markdown) is its renderer's business.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mirrorscope {

std::string shown(std::string_view bytes);

// A char field of a record: up to the first zero.
template <size_t N>
std::string shown_field(const char (&chars)[N]) {
  const std::string_view all(chars, N);
  return shown(all.substr(0, all.find('\0')));
}

// One line that has such text in it already, or somewhere: backslashes stay as they are.
std::string shown_sentence(std::string_view sentence);

}  // namespace mirrorscope
