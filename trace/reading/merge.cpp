// SPDX-License-Identifier: Apache-2.0
// A binary heap over the streams' next records.
#include "trace/reading/merge.h"

#include <algorithm>

namespace mirrorscope::trace {

Merge::Merge(const Reader& reader, BufferStore* store, const Cursor::Wanted& only) {
  for (size_t i = 0; i < reader.streams().size(); i++) cursors_.push_back(reader.cursor(i, store));
  if (only)
    for (Cursor& cursor : cursors_) cursor.only(only);
  for (uint32_t i = 0; i < cursors_.size(); i++)
    if (const ev_header* r = cursors_[i].next()) heap_.push_back({r->time, i, r});
  std::sort(heap_.begin(), heap_.end(), [](const Head& a, const Head& b) { return a.before(b); });
}

// `following`: what comes next in the stream that is left, null if nothing.
const ev_header* Merge::change_stream(const ev_header* following) {
  Head next{0, none, nullptr};
  if (following) {
    next = {following->time, top_, following};
    if (!heap_.empty() && heap_.front().before(next)) std::swap(next, heap_.front());
  } else if (!heap_.empty()) {
    next = heap_.front();
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  sink();
  top_ = next.index;
  until_ = heap_.empty() ? UINT64_MAX : heap_.front().time + (top_ < heap_.front().index ? 1 : 0);
  return next.record;
}

// The first head may be out of place; all others are in order.
void Merge::sink() {
  size_t at = 0;
  for (size_t child = 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) child++;
    if (!heap_[child].before(heap_[at])) return;
    std::swap(heap_[at], heap_[child]);
    at = child;
  }
}

size_t Merge::damages() const {
  size_t sum = 0;
  for (const Cursor& c : cursors_) sum += c.damage().size();
  return sum;
}

}  // namespace mirrorscope::trace
