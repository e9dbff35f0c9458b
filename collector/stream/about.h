// SPDX-License-Identifier: Apache-2.0
// What the recorder itself has to say in a trace, and with which time.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/stream/outlet.h"

namespace mirrorscope {

// The stream of records that no probe made: losses, probe states, names. Their time is that of the last settlement, so
// it ascends, it is never later than a record that is still to come, and a name is read before the records that use it.
class About {
 public:
  About(Outlet& outlet, Hashing& hashing, uint64_t began);

  // Fills the header except for `id`, which says what the record is.
  void add(uint16_t id, ev_header& record);
  void advance(uint64_t time) { time_ = time > time_ ? time : time_; }
  uint64_t time() const { return time_; }
  Result<void> flush() { return out_.flush(); }

 private:
  StreamOut out_;
  uint64_t time_;
  uint32_t seq_ = 0;
};

// Fills a fixed array of characters; what does not fit is cut, the rest is 0.
template <size_t N>
void set_text(char (&field)[N], std::string_view text) {
  const size_t n = text.size() < N ? text.size() : N - 1;
  for (size_t i = 0; i < N; ++i) field[i] = i < n ? text[i] : '\0';
}

// CLOCK_MONOTONIC in ns, the clock of bpf_ktime_get_ns().
uint64_t clock_now();

}  // namespace mirrorscope
