// SPDX-License-Identifier: Apache-2.0
// State that is found by its place, not by a key: stable pointers, freed slots used again from the next record on.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

namespace mirrorscope {

template <typename T>
class Pool {
 public:
  T& add(const T& value) {
    ++live_;
    if (free_.empty()) return slots_.emplace_back(value);
    T* slot = free_.back();
    free_.pop_back();
    *slot = value;
    return *slot;
  }
  // The slot keeps its bytes until settle(): facts may point to it while its record is judged.
  void drop(T& slot) {
    --live_;
    dropped_.push_back(&slot);
  }
  void settle() {
    if (dropped_.empty()) return;
    free_.insert(free_.end(), dropped_.begin(), dropped_.end());
    dropped_.clear();
  }
  size_t live() const { return live_; }
  void clear() { *this = Pool{}; }

 private:
  std::deque<T> slots_;
  std::vector<T*> free_;
  std::vector<T*> dropped_;
  size_t live_ = 0;
};

}  // namespace mirrorscope
