// SPDX-License-Identifier: Apache-2.0
// The last of something that a rule has seen: no more than so many at a time, and it says whether one was pushed out that was still wanted.
//
//   History<Copy, 256> copies_;
//   copies_.add({e.args, e.start, EventRef::of(e.h)});
//   if (Copy* c = copies_.find([&](const Copy& c) { return c.args == e.args; })) copies_.take(c);
//
// What was pushed out is not known: where its absence would let a rule say that something held, ask forgot() first. Entries that belong to an
// mm carry Mm::generation, never its address, and so are nobody's once it is gone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mirrorscope {

template <typename T, size_t N>
class History {
 public:
  using iterator = typename std::vector<T>::iterator;
  using const_iterator = typename std::vector<T>::const_iterator;

  // The youngest, in front of which the oldest may have to go. The reference is good until the next change.
  T& add(const T& item) {
    if (items_.size() == N) {
      items_.erase(items_.begin());
      forgot_ = true;
    }
    return items_.emplace_back(item);
  }
  // The oldest that is like this, null if there is none.
  template <typename Like>
  T* find(Like like) {
    const auto at = std::find_if(items_.begin(), items_.end(), like);
    return at == items_.end() ? nullptr : &*at;
  }
  // Takes out one that find() or an iteration gave.
  void take(const T* item) { items_.erase(items_.begin() + (item - items_.data())); }
  template <typename Like>
  size_t take_all(Like like) {
    return items_.empty() ? 0 : std::erase_if(items_, like);
  }
  // Was one pushed out, so that something that is not in it may have been?
  bool forgot() const { return forgot_; }

  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }

 private:
  std::vector<T> items_;  // oldest first
  bool forgot_ = false;
};

}  // namespace mirrorscope
