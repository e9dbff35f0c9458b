// SPDX-License-Identifier: Apache-2.0
// What this kernel and this process can give a recording, found out before anything is loaded: one sentence each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/probes/probe.h"

namespace mirrorscope {

struct Feature {
  std::string name;  // "btf", "trampolines", "hmm_range_fault"
  bool available;
  bool required;     // without it nothing can be recorded
  std::string says;  // a sentence without full stop: what it is good for, or why it is not there and what to do
};

// Is a function of the probe table there, and by which way can it be watched?
struct FunctionFeature {
  std::string function, module;
  std::vector<std::string> events;  // that come from it
  bool typed = false;               // in BTF: a trampoline fits
  bool symbol = false;              // in /proc/kallsyms: a kprobe fits
  bool hook = false;                // belongs to the hook of one driver
};

struct Features {
  std::string release;  // uname -r
  std::vector<Feature> general;
  std::vector<FunctionFeature> functions;
  size_t callbacks = 0;  // functions with a callback's prototype, found by type

  // Everything that is required is there.
  bool recordable() const;
};

// Loads and attaches programs that do nothing, one per question, and detaches them again.
Result<Features> find_features();

}  // namespace mirrorscope
