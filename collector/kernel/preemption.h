// SPDX-License-Identifier: Apache-2.0
// May this kernel preempt itself, and with it a BPF program in a trampoline?
#pragma once

#include <string>

namespace mirrorscope {

struct Preemption {
  std::string model;  // "none", "voluntary", "lazy", "full"; empty if it cannot be read
  bool possible;      // true when in doubt
};

Preemption preemption();

}  // namespace mirrorscope
