// SPDX-License-Identifier: Apache-2.0
// All streams of a trace as one, ordered by time.
//
// The order of two records of one CPU is real. The order of records of two CPUs is what their clock readings say and no
// more: what may be concluded from it is the consumer's business.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/reading/reader.h"

namespace mirrorscope::trace {

class Merge {
 public:
  // The Reader must outlive it. `store`: where packets go that are left, for others to go on looking at their records.
  // `only`: of which packets records are wanted, as Cursor::only() has it; empty: of all.
  explicit Merge(const Reader& reader, BufferStore* store = nullptr, const Cursor::Wanted& only = {});

  // The record with the smallest time, at equal times the one of the lower stream; null at the end. Valid until the next
  // next(), like a Cursor's. Streams are left only when another one is due: records of one CPU come in runs.
  const ev_header* next() {
    if (top_ == none) [[unlikely]]
      return change_stream(nullptr);
    const ev_header* following = cursors_[top_].next();
    if (following && following->time < until_) [[likely]]
      return following;
    return change_stream(following);
  }

  // One per stream, in the order of Reader::streams(). Damage that lies in front of a record has been found when next()
  // gives that record.
  const std::vector<Cursor>& cursors() const { return cursors_; }
  // How many damages the cursors have found so far: when it has grown, look at cursors().
  size_t damages() const;

 private:
  struct Head {
    uint64_t time;
    uint32_t index;  // of the cursor
    const ev_header* record;
    bool before(const Head& o) const { return time != o.time ? time < o.time : index < o.index; }
  };

  const ev_header* change_stream(const ev_header* following);
  void sink();

  static constexpr uint32_t none = UINT32_MAX;
  std::vector<Cursor> cursors_;
  uint32_t top_ = none;     // whose record was given last
  uint64_t until_ = 0;      // records of this stream come first as long as they are older
  std::vector<Head> heap_;  // the next records of the other streams, smallest first
};

}  // namespace mirrorscope::trace
