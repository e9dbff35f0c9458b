// SPDX-License-Identifier: Apache-2.0
// How state is found by kernel address or tid: one hash look-up, stable pointers, freed slots used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace mirrorscope {

// Kernel addresses are aligned and hashed ones are random: the middle of the product with 2^64 / golden ratio spreads both.
struct KeyHash {
  size_t operator()(uint64_t key) const { return key * 0x9e3779b97f4a7c15ull >> 32; }
};

// Open addressing with linear probing, at most half full: a look-up is one multiplication and most often one cache line.
template <typename T>
class Table {
 public:
  T* find(uint64_t key) const {
    for (size_t i = KeyHash{}(key) & mask_;; i = (i + 1) & mask_) {
      const Entry& e = index_[i];
      if (e.key == key) return e.slot;  // key 0 finds an empty entry, whose slot is null
      if (!e.slot) return nullptr;
    }
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
    if (++size_ * 2 > index_.size()) grow();
    insert({key, slot});
    if (made) *made = true;
    return *slot;
  }

  void erase(uint64_t key) {
    size_t gap = KeyHash{}(key) & mask_;
    for (; index_[gap].key != key; gap = (gap + 1) & mask_)
      if (!index_[gap].slot) return;
    if (!index_[gap].slot) return;
    free_.push_back(index_[gap].slot);
    --size_;
    // what probing has carried past the gap moves back into it
    for (size_t i = (gap + 1) & mask_; index_[i].slot; i = (i + 1) & mask_) {
      const size_t from_home = (i - KeyHash{}(index_[i].key)) & mask_;
      if (from_home < ((i - gap) & mask_)) continue;
      index_[gap] = index_[i];
      gap = i;
    }
    index_[gap] = {};
  }

  template <typename Gone>
  void erase_if(Gone gone) {
    std::vector<uint64_t> keys;
    for (const Entry& e : index_)
      if (e.slot && gone(*e.slot)) keys.push_back(e.key);
    for (uint64_t key : keys) erase(key);
  }

  template <typename Visit>
  void each(Visit visit) const {
    for (const Entry& e : index_)
      if (e.slot) visit(*e.slot);
  }

  size_t size() const { return size_; }
  void clear() { *this = Table{}; }

 private:
  struct Entry {
    uint64_t key = 0;
    T* slot = nullptr;  // null: empty
  };

  void insert(const Entry& entry) {
    size_t i = KeyHash{}(entry.key) & mask_;
    while (index_[i].slot) i = (i + 1) & mask_;
    index_[i] = entry;
  }

  void grow() {
    std::vector<Entry> old(index_.size() * 2);
    old.swap(index_);
    mask_ = index_.size() - 1;
    for (const Entry& e : old)
      if (e.slot) insert(e);
  }

  std::vector<Entry> index_ = std::vector<Entry>(16);
  size_t mask_ = 15;
  size_t size_ = 0;
  std::deque<T> slots_;
  std::vector<T*> free_;
};

}  // namespace mirrorscope
