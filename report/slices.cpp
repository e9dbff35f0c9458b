// SPDX-License-Identifier: Apache-2.0
// How returns find their entries: the innermost open call of the task that pairs with them; what is open inside it is cut off.
#include "report/slices.h"

#include <algorithm>
#include <cstring>

#include "schema/catalog.h"

namespace mirrorscope {

void Slices::Calls::push(const ev_header& entry) {
  const size_t begin = words_.size();
  words_.resize(begin + (record_sizes[entry.id] + 7u) / 8);
  std::memcpy(&words_[begin], &entry, record_sizes[entry.id]);
  begins_.push_back(begin);
}

void Slices::Calls::pop() {
  words_.resize(begins_.back());
  begins_.pop_back();
}

void Slices::Calls::drop_outermost() {
  const size_t words = begins_.size() > 1 ? begins_[1] : words_.size();
  words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(words));
  begins_.erase(begins_.begin());
  for (size_t& begin : begins_) begin -= words;
}

bool Slices::Calls::has(uint16_t event) const {
  return std::any_of(begins_.rbegin(), begins_.rend(), [&](size_t begin) { return at(begin).id == event; });
}

void Slices::see(const ev_header& h) {
  const EventInfo* row = event_info(h.id);
  if (!row) return;
  last_ = h.time;
  if (row->kind == EventKind::entry) {
    auto& open = open_[h.tid];
    // deeper than anything the kernel does: returns were lost, and the outermost has been over for long
    if (open.size() == kMostNested) {
      sink_.end(open.outermost(), h.time, nullptr);
      open.drop_outermost();
    }
    open.push(h);
    return sink_.begin(h);
  }
  if (row->kind != EventKind::exit) return sink_.instant(h);
  Calls& open = open_[h.tid];
  if (!open.has(row->pair)) return sink_.instant(h);
  for (; open.innermost().id != row->pair; open.pop()) sink_.end(open.innermost(), h.time, nullptr);
  sink_.end(open.innermost(), h.time, &h);
  open.pop();
}

void Slices::finish() {
  for (auto& [tid, open] : open_)
    for (; !open.empty(); open.pop()) sink_.end(open.innermost(), last_, nullptr);
}

}  // namespace mirrorscope
