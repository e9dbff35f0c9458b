// SPDX-License-Identifier: Apache-2.0
// How libbpf's printer is borrowed.
#include "collector/kernel/keep_warning.h"

#include <cstdarg>
#include <cstdio>

namespace mirrorscope {

namespace {

std::string* first_warning = nullptr;

__attribute__((format(printf, 2, 0))) int keep(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_WARN && first_warning && first_warning->empty()) {
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    *first_warning = text;
    if (!first_warning->empty() && first_warning->back() == '\n') first_warning->pop_back();
  }
  return 0;
}

}  // namespace

KeepWarning::KeepWarning() {
  first_warning = &text;
  before_ = libbpf_set_print(keep);
}

KeepWarning::~KeepWarning() {
  libbpf_set_print(before_);
  first_warning = nullptr;
}

}  // namespace mirrorscope
