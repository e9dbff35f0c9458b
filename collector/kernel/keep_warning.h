// SPDX-License-Identifier: Apache-2.0
// What libbpf complained about first, while this object lives: libbpf has one printer for the whole process.
#pragma once

#include <bpf/libbpf.h>

#include <string>

namespace mirrorscope {

class KeepWarning {
 public:
  KeepWarning();
  ~KeepWarning();
  KeepWarning(const KeepWarning&) = delete;
  std::string text;  // without its line end; empty if there was none

 private:
  libbpf_print_fn_t before_;
};

}  // namespace mirrorscope
