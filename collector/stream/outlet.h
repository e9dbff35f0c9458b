// SPDX-License-Identifier: Apache-2.0
// Where records go once they are in order: into a trace, to a checker, into a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "collector/stream/hashing.h"
#include "schema/events.h"
#include "trace/result.h"

namespace mirrorscope {

class Outlet {
 public:
  virtual ~Outlet() = default;
  // Whole records of one stream (a CPU or trace::about_stream), ascending in time, also from call to call.
  virtual Result<void> append(uint16_t stream, const ev_header* records, size_t bytes) = 0;
  // How many records of this stream were lost so far; said before the first record behind the loss is appended.
  virtual void discarded(uint16_t stream, uint64_t cumulative) = 0;
};

// One stream on its way out: records are copied here, their addresses hashed, and handed on many at a time.
class StreamOut {
 public:
  StreamOut(uint16_t stream, Outlet& outlet, Hashing& hashing);

  // The first failure stays until flush() tells it.
  void add(const ev_header* record, size_t bytes);
  void discarded(uint64_t cumulative);
  Result<void> flush();

  // Of the last record added, as it stands in the stream; 0 if there was none.
  uint64_t last_time() const { return last_time_; }

 private:
  void hand_on();

  uint16_t stream_;
  Outlet& outlet_;
  Hashing& hashing_;
  std::vector<uint64_t> batch_;
  size_t used_ = 0;  // bytes
  uint64_t last_time_ = 0;
  Result<void> state_;
};

}  // namespace mirrorscope
