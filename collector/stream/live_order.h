// SPDX-License-Identifier: Apache-2.0
// How the streams of a running recording become one stream in time order: what lies before a settlement can be merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "schema/events.h"

namespace mirrorscope {

class LiveOrder {
 public:
  using Feed = std::function<void(const ev_header&)>;
  // At most `most_bytes` wait for a settlement; past that, waiting ends and overflowed() says so.
  explicit LiveOrder(Feed feed, size_t most_bytes = 256u << 20) : feed_(std::move(feed)), most_bytes_(most_bytes) {}

  // A RecordTap. A loss_settled record in the stream about_stream lets everything up to its time through.
  void take(uint16_t stream, const ev_header* records, size_t bytes);
  // The recording is over: lets everything through.
  void finish() { merge(UINT64_MAX); }

  // Records were dropped here, because the settlement that they waited for did not come. What was fed is in order; it
  // ends there.
  bool overflowed() const { return overflowed_; }

 private:
  struct Waiting {
    std::vector<std::byte> bytes;
    size_t at = 0;
  };
  void merge(uint64_t until);

  Feed feed_;
  size_t most_bytes_;
  size_t waiting_ = 0;
  bool overflowed_ = false;
  std::map<uint16_t, Waiting> streams_;
};

}  // namespace mirrorscope
