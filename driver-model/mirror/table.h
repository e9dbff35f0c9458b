// SPDX-License-Identifier: Apache-2.0
// How state is found by kernel address or tid: one hash look-up, stable pointers, freed slots used again.
#pragma once

#include <tsl/robin_map.h>

#include <cstdint>
#include <deque>
#include <vector>

namespace mirrorscope {

// Kernel addresses are aligned and hashed ones are random: one multiplication spreads both.
struct KeyHash {
  size_t operator()(uint64_t key) const { return (key ^ (key >> 29)) * 0x9e3779b97f4a7c15ull >> 16; }
};

template <typename T>
class Table {
 public:
  T* find(uint64_t key) const {
    auto it = index_.find(key);
    return it == index_.end() ? nullptr : it->second;
  }

  // The state of `key`, made from T{} when there is none. `made` says which.
  T& get(uint64_t key, bool* made = nullptr) {
    if (T* found = find(key)) return *found;
    T* slot;
    if (free_.empty()) {
      slot = &slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
      *slot = T{};
    }
    index_.emplace(key, slot);
    if (made) *made = true;
    return *slot;
  }

  void erase(uint64_t key) {
    auto it = index_.find(key);
    if (it == index_.end()) return;
    free_.push_back(it->second);
    index_.erase(it);
  }

  template <typename Gone>
  void erase_if(Gone gone) {
    for (auto it = index_.begin(); it != index_.end();) {
      if (gone(*it->second)) {
        free_.push_back(it->second);
        it = index_.erase(it);
      } else {
        ++it;
      }
    }
  }

  template <typename Visit>
  void each(Visit visit) const {
    for (const auto& [key, slot] : index_) visit(*slot);
  }

  size_t size() const { return index_.size(); }

 private:
  tsl::robin_map<uint64_t, T*, KeyHash> index_;
  std::deque<T> slots_;
  std::vector<T*> free_;
};

}  // namespace mirrorscope
