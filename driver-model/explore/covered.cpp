// SPDX-License-Identifier: Apache-2.0
// What was covered, as a sentence.
#include "driver-model/explore/explore.h"

namespace mirrorscope::model {

namespace {
std::string grouped(uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}
std::string counted(uint64_t n, const char* what) { return grouped(n) + " " + what + (n == 1 ? "" : "s"); }
}  // namespace

std::string to_text(const Covered& c) {
  std::string text;
  if (c.states) text += counted(c.states, "state") + ", ";
  text += counted(c.transitions, "transition") + ", " + counted(c.executions, "execution") + "; ";
  return text + (c.exhaustive ? "exhaustive within " : "") + c.bound;
}

}  // namespace mirrorscope::model
