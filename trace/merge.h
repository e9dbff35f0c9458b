// SPDX-License-Identifier: Apache-2.0
// All streams of a trace as one, ordered by time.
//
// The order of two records of one CPU is real. The order of records of two CPUs is what their clock readings say and no
// more: what may be concluded from it is the consumer's business.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/reader.h"

namespace mirrorscope::trace {

class Merge {
 public:
  // The Reader must outlive it.
  explicit Merge(const Reader& reader);

  // The record with the smallest time, at equal times the one of the lower stream; null at the end. Valid as long as
  // both the Merge and the Reader. Streams are left only when another one is due: records of one CPU come in runs.
  const ev_header* next() {
    const ev_header* record = top_.record;
    if (!record) return nullptr;
    const ev_header* following = cursors_[top_.index].next();
    if (following && following->time < until_) [[likely]]
      top_.record = following;
    else
      change_stream(following);
    return record;
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

  void change_stream(const ev_header* following);
  void sink();

  std::vector<Cursor> cursors_;
  Head top_{};              // whose record is next; its time is not kept up
  uint64_t until_ = 0;      // records of this stream come first as long as they are older
  std::vector<Head> heap_;  // the other streams, smallest first
};

}  // namespace mirrorscope::trace
