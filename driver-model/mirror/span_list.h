// SPDX-License-Identifier: Apache-2.0
// What of an mm lies where: live objects with [start, last], sorted by first byte. Which of them does a range meet?
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "driver-model/mirror/span_tree.h"

namespace mirrorscope {

// A few lie in an array, which is faster than anything else; more than kFew in a tree.
template <typename T>
class SpanList {
 public:
  // What one look at a list visits at most. Nothing real has so many objects under one range that anybody asks about each; a list that
  // was made to have them would otherwise be walked for every record.
  static constexpr size_t kMostMet = 8192;

  // `object` is not in it.
  void add(uint64_t start, uint64_t last, T* object) {
    if (tree_) return tree_->add(start, last, object);
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(first_at(start)), Entry{start, last, object});
    longest_ = std::max(longest_, last - start);
    if (entries_.size() > kFew) [[unlikely]]
      plant();
  }
  void remove(uint64_t start, const T* object) {
    if (tree_) {
      tree_->remove(object);
      if (!tree_->size()) tree_.reset();
      return;
    }
    for (size_t i = first_at(start); i < entries_.size() && entries_[i].start == start; ++i) {
      if (entries_[i].object != object) continue;
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    if (entries_.empty()) longest_ = 0;
  }
  size_t size() const { return tree_ ? tree_->size() : entries_.size(); }
  void clear() {
    entries_.clear();
    tree_.reset();
    longest_ = 0;
  }

  // `visit` may return false: that is enough. False if there were more than kMostMet, of which the last were not visited.
  template <typename Visit>
  bool overlapping(uint64_t start, uint64_t last, Visit visit) const {
    if (tree_) [[unlikely]] {
      size_t met = 0;
      return tree_->overlapping(start, last, [&](const void* object) { return met++ < kMostMet && goes_on(visit, object); }) || met <= kMostMet;
    }
    // no entry that begins more than the longest span before `start` can reach it
    const uint64_t from = start > longest_ ? start - longest_ : 0;
    for (size_t i = first_at(from); i < entries_.size() && entries_[i].start <= last; ++i)
      if (entries_[i].last >= start && !goes_on(visit, entries_[i].object)) break;
    return true;
  }
  // All of them, however many.
  template <typename Visit>
  void each(Visit visit) const {
    if (tree_) tree_->overlapping(0, UINT64_MAX, [&](const void* object) { return visit(*as_object(object)), true; });
    for (const Entry& e : entries_) visit(*e.object);
  }

 private:
  static constexpr size_t kFew = 256;
  struct Entry {
    uint64_t start, last;
    T* object;
  };
  static T* as_object(const void* object) { return const_cast<T*>(static_cast<const T*>(object)); }
  template <typename Visit>
  static bool goes_on(Visit& visit, const void* object) {
    if constexpr (std::is_same_v<decltype(visit(*as_object(object))), bool>)
      return visit(*as_object(object));
    else
      return visit(*as_object(object)), true;
  }
  [[gnu::cold, gnu::noinline]] void plant() {
    tree_ = std::make_unique<SpanTree>();
    // of two with one first byte the younger stands first
    for (auto e = entries_.rbegin(); e != entries_.rend(); ++e) tree_->add(e->start, e->last, e->object);
    entries_ = {};
  }
  size_t first_at(uint64_t start) const {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), start,
                               [](const Entry& e, uint64_t s) { return e.start < s; });
    return static_cast<size_t>(at - entries_.begin());
  }
  std::vector<Entry> entries_;
  std::unique_ptr<SpanTree> tree_;
  uint64_t longest_ = 0;
};

}  // namespace mirrorscope
