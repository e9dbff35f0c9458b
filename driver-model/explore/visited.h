// SPDX-License-Identifier: Apache-2.0
// Which states have been seen: a table of fingerprints, 8 bytes each, open addressing, at most 3/5 full.
//
// A look-up is a cache miss, and in pages of 4 KiB a TLB miss too, which costs as much again: huge pages are asked for, and who knows
// early what it will look up can say so.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace mirrorscope::model {

class Visited {
 public:
  // True if it is new.
  bool add(uint64_t fingerprint) {
    if (fingerprint == 0) fingerprint = 1;
    if ((count_ + 1) * 5 > (mask_ + 1) * 3) grow();
    uint64_t* slot = find(fingerprint);
    if (*slot) return false;
    *slot = fingerprint;
    ++count_;
    return true;
  }
  void will_add(uint64_t fingerprint) const { __builtin_prefetch(&slots_[fingerprint & mask_]); }
  uint64_t size() const { return count_; }

 private:
  struct Free {
    void operator()(uint64_t* p) const { std::free(p); }
  };
  using Slots = std::unique_ptr<uint64_t[], Free>;

  static Slots zeroed(uint64_t n) {
    constexpr size_t kHuge = 2 << 20;
    const size_t bytes = n * sizeof(uint64_t);
    void* p = bytes < kHuge ? std::malloc(bytes) : std::aligned_alloc(kHuge, bytes);
    if (!p) throw std::bad_alloc();
    if (bytes >= kHuge) madvise(p, bytes, MADV_HUGEPAGE);  // may be refused: then it is slower
    std::memset(p, 0, bytes);
    return Slots(static_cast<uint64_t*>(p));
  }
  uint64_t* find(uint64_t fingerprint) const {
    uint64_t at = fingerprint & mask_;
    while (slots_[at] && slots_[at] != fingerprint) at = (at + 1) & mask_;
    return &slots_[at];
  }
  void grow() {
    const uint64_t n = mask_ + 1;
    Slots old = zeroed(4 * n);
    old.swap(slots_);
    mask_ = 4 * n - 1;
    for (uint64_t i = 0; i < n; ++i)
      if (old[i]) *find(old[i]) = old[i];
  }
  uint64_t mask_ = (1 << 10) - 1, count_ = 0;
  Slots slots_ = zeroed(1 << 10);
};

}  // namespace mirrorscope::model
