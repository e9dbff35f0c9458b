// SPDX-License-Identifier: Apache-2.0
// How the subs of one mm are kept sorted by address.
#include <algorithm>

#include "driver-model/mirror/state.h"

namespace mirrorscope {

size_t SubList::first_at(uint64_t start) const {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), start,
                             [](const Entry& e, uint64_t s) { return e.start < s; });
  return static_cast<size_t>(at - entries_.begin());
}

void SubList::add(uint64_t start, uint64_t last, Sub* sub) {
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(first_at(start)), Entry{start, last, sub});
  longest_ = std::max(longest_, last - start);
}

void SubList::remove(const Sub* sub) {
  std::erase_if(entries_, [sub](const Entry& e) { return e.sub == sub; });
  if (entries_.empty()) longest_ = 0;
}

}  // namespace mirrorscope
