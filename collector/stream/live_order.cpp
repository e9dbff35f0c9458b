// SPDX-License-Identifier: Apache-2.0
// How waiting records are merged: at equal times the lower stream first, as trace::Merge does.
#include "collector/stream/live_order.h"

#include "schema/catalog.h"
#include "trace/format.h"

namespace mirrorscope {

void LiveOrder::take(uint16_t stream, const ev_header* records, size_t bytes) {
  if (overflowed_) return;
  const auto* first = reinterpret_cast<const std::byte*>(records);
  Waiting& w = streams_[stream];
  w.bytes.insert(w.bytes.end(), first, first + bytes);
  waiting_ += bytes;
  if (stream == trace::about_stream) {
    uint64_t settled = 0;
    for (size_t at = 0; at < bytes;) {
      const auto* record = reinterpret_cast<const ev_header*>(first + at);
      if (record->id == EV_loss_settled) settled = record->time;
      at += record_sizes[record->id];
    }
    if (settled) merge(settled);
  }
  if (waiting_ > most_bytes_) {
    overflowed_ = true;
    streams_.clear();
  }
}

void LiveOrder::merge(uint64_t until) {
  auto head = [](const Waiting& w) { return reinterpret_cast<const ev_header*>(w.bytes.data() + w.at); };
  for (;;) {
    // A stream is a CPU, there are few; the winner usually wins again.
    Waiting* first = nullptr;
    uint64_t next_best = until;
    for (auto& [stream, w] : streams_) {
      if (w.at == w.bytes.size() || head(w)->time > until) continue;
      if (!first || head(w)->time < head(*first)->time) {
        if (first) next_best = head(*first)->time;
        first = &w;
      } else if (head(w)->time < next_best) {
        next_best = head(w)->time;
      }
    }
    if (!first) break;
    do {
      const ev_header* record = head(*first);
      const size_t size = record_sizes[record->id];
      first->at += size;
      waiting_ -= size;
      feed_(*record);
    } while (first->at < first->bytes.size() && head(*first)->time < next_best);
  }
  for (auto& [stream, w] : streams_) {
    w.bytes.erase(w.bytes.begin(), w.bytes.begin() + static_cast<std::ptrdiff_t>(w.at));
    w.at = 0;
  }
}

}  // namespace mirrorscope
