// SPDX-License-Identifier: Apache-2.0
// Which callbacks have been heard at least once: a probe that the kernel accepted and that never fires proves nothing by its silence.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

class Heard {
 public:
  void note(uint64_t fn) {
    if (last_ == fn) return;
    last_ = fn;
    if (fns_.size() < kMost) fns_.insert(fn);
  }
  // Does silence of `fn` mean that it did not run? Where no probe is known of, every call is in the records.
  bool tells(const Mirror& mirror, uint64_t fn) const { return !mirror.probes_known() || contains(fn); }

 private:
  static constexpr size_t kMost = 65536;  // of others nothing is claimed
  bool contains(uint64_t fn) const { return fns_.contains(fn); }
  uint64_t last_ = 0;
  std::unordered_set<uint64_t> fns_;
};

}  // namespace mirrorscope
