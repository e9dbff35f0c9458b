// SPDX-License-Identifier: Apache-2.0
// Which states have been seen: a table of fingerprints, 8 bytes each, open addressing, at most 3/5 full.
#pragma once

#include <cstdint>
#include <vector>

namespace mirrorscope::model {

class Visited {
 public:
  // True if it is new.
  bool add(uint64_t fingerprint) {
    if (fingerprint == 0) fingerprint = 1;
    if ((count_ + 1) * 5 > slots_.size() * 3) grow();
    uint64_t* slot = find(fingerprint);
    if (*slot) return false;
    *slot = fingerprint;
    ++count_;
    return true;
  }
  uint64_t size() const { return count_; }

 private:
  uint64_t* find(uint64_t fingerprint) {
    const uint64_t mask = slots_.size() - 1;
    uint64_t at = fingerprint & mask;
    while (slots_[at] && slots_[at] != fingerprint) at = (at + 1) & mask;
    return &slots_[at];
  }
  void grow() {
    std::vector<uint64_t> old(slots_.size() * 4);
    old.swap(slots_);
    for (uint64_t f : old)
      if (f) *find(f) = f;
  }
  std::vector<uint64_t> slots_ = std::vector<uint64_t>(1 << 10);
  uint64_t count_ = 0;
};

}  // namespace mirrorscope::model
