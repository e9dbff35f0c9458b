// SPDX-License-Identifier: Apache-2.0
// How a pass goes from stream to stream and from trace to trace.
#include "query/scan.h"

namespace mirrorscope::query {

namespace {
constexpr uint32_t kLook = 1 << 14;  // records between two looks whether anybody still waits

bool overlaps(const Wanted& w, uint64_t first, uint64_t last) {
  return w.until >= 0 && first <= static_cast<uint64_t>(w.until) &&
         (w.from < 0 || last >= static_cast<uint64_t>(w.from));
}
}  // namespace

Scan::Scan(const Traces& traces, const Wanted& wanted, bool merged, bool beyond)
    : traces_(traces), wanted_(wanted), merged_(merged) {
  if (beyond) wanted_.until = INT64_MAX;
}

Scan::~Scan() { close(); }

bool Scan::wants_trace(size_t index) const { return !wanted_.trace || *wanted_.trace == traces_.all()[index]->shown(); }

bool Scan::wants_stream(uint16_t id) const {
  return !wanted_.cpu || *wanted_.cpu == (id == trace::about_stream ? -1 : int64_t{id});
}

void Scan::close() {
  if (cursor_) traces_.note(cursor_->damage());
  if (merge_)
    for (const trace::Cursor& cursor : merge_->cursors()) traces_.note(cursor.damage());
  cursor_.reset();
  merge_.reset();
}

void Scan::leave_trace() {
  close();
  stream_ = SIZE_MAX;
}

// The next stream, or when merged the next trace.
bool Scan::open_next() {
  close();
  const auto only = [this](uint64_t first, uint64_t last) { return overlaps(wanted_, first, last); };
  const bool narrowed = wanted_.from != INT64_MIN || wanted_.until != INT64_MAX;
  for (;;) {
    const bool done =
        begun_ && (merged_ || trace_ >= traces_.all().size() || stream_ >= trace().reader().streams().size());
    if (!begun_ || done) {
      trace_ += begun_ ? 1 : 0;
      begun_ = true;
      stream_ = 0;
      while (trace_ < traces_.all().size() && !wants_trace(trace_)) ++trace_;
      if (trace_ >= traces_.all().size()) return false;
      entered_ = true;
      if (merged_) {
        merge_.emplace(trace().reader(), nullptr, narrowed ? trace::Cursor::Wanted(only) : trace::Cursor::Wanted());
        return true;
      }
    }
    const auto streams = trace().reader().streams();
    while (stream_ < streams.size() && !wants_stream(streams[stream_].id)) ++stream_;
    if (stream_ >= streams.size()) continue;
    cursor_.emplace(trace().reader().cursor(stream_++));
    if (narrowed) cursor_->only(only);
    return true;
  }
}

const ev_header* Scan::advance() {
  for (;;) {
    if (cursor_)
      if (const ev_header* h = cursor_->next()) return h;
    if (merge_)
      if (const ev_header* h = merge_->next()) return h;
    if (!open_next()) return nullptr;
  }
}

const ev_header* Scan::next() {
  entered_ = false;
  for (;;) {
    if (until_look_-- == 0) [[unlikely]] {
      if (traces_.stopped()) return nullptr;
      until_look_ = kLook;
    }
    const ev_header* h = advance();
    if (!h) return nullptr;
    const auto time = static_cast<int64_t>(h->time);
    if (time < wanted_.from || (wanted_.cpu && *wanted_.cpu != cpu_of(*h))) continue;
    if (time > wanted_.until) {
      merged_ ? leave_trace() : close();
      continue;
    }
    return h;
  }
}

}  // namespace mirrorscope::query
