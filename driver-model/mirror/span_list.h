// SPDX-License-Identifier: Apache-2.0
// What of an mm lies where: live objects with [start, last], sorted by first byte. Which of them does a range meet?
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mirrorscope {

template <typename T>
class SpanList {
 public:
  void add(uint64_t start, uint64_t last, T* object) {
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(first_at(start)), Entry{start, last, object});
    longest_ = std::max(longest_, last - start);
  }
  void remove(const T* object) {
    std::erase_if(entries_, [object](const Entry& e) { return e.object == object; });
    if (entries_.empty()) longest_ = 0;
  }
  // The same where its first byte is known, without looking at all of them.
  void remove(uint64_t start, const T* object) {
    for (size_t i = first_at(start); i < entries_.size() && entries_[i].start == start; ++i) {
      if (entries_[i].object != object) continue;
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    if (entries_.empty()) longest_ = 0;
  }
  size_t size() const { return entries_.size(); }
  void clear() {
    entries_.clear();
    longest_ = 0;
  }

  template <typename Visit>
  void overlapping(uint64_t start, uint64_t last, Visit visit) const {
    // no entry that begins more than the longest span before `start` can reach it
    const uint64_t from = start > longest_ ? start - longest_ : 0;
    for (size_t i = first_at(from); i < entries_.size() && entries_[i].start <= last; ++i)
      if (entries_[i].last >= start) visit(*entries_[i].object);
  }
  template <typename Visit>
  void each(Visit visit) const {
    for (const Entry& e : entries_) visit(*e.object);
  }

 private:
  struct Entry {
    uint64_t start, last;
    T* object;
  };
  size_t first_at(uint64_t start) const {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), start,
                               [](const Entry& e, uint64_t s) { return e.start < s; });
    return static_cast<size_t>(at - entries_.begin());
  }
  std::vector<Entry> entries_;
  uint64_t longest_ = 0;
};

}  // namespace mirrorscope
