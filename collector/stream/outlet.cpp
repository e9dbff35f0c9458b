// SPDX-License-Identifier: Apache-2.0
// How a record is copied out of the ring.
#include "collector/stream/outlet.h"

#include <cstring>
#include <utility>

namespace mirrorscope {

namespace {
constexpr size_t batch_bytes = 64 * 1024;
}

StreamOut::StreamOut(uint16_t stream, Outlet& outlet, Hashing& hashing)
    : stream_(stream), outlet_(outlet), hashing_(hashing), batch_(batch_bytes / sizeof(uint64_t)) {}

void StreamOut::add(const ev_header* record, size_t bytes) {
  if (used_ + bytes > batch_bytes) hand_on();
  auto* copy = reinterpret_cast<ev_header*>(reinterpret_cast<std::byte*>(batch_.data()) + used_);
  std::memcpy(copy, record, bytes);
  // programs that preempted each other four times in a row (ms_cpu::misordered) may have taken their times the wrong way round
  if (copy->time < last_time_) copy->time = last_time_;
  last_time_ = copy->time;
  hashing_.apply(copy);
  used_ += bytes;
}

void StreamOut::discarded(uint64_t cumulative) {
  hand_on();
  outlet_.discarded(stream_, cumulative);
}

void StreamOut::hand_on() {
  if (used_ == 0) return;
  auto done = outlet_.append(stream_, reinterpret_cast<const ev_header*>(batch_.data()), used_);
  if (state_ && !done) state_ = std::move(done);
  used_ = 0;
}

Result<void> StreamOut::flush() {
  hand_on();
  return std::exchange(state_, {});
}

}  // namespace mirrorscope
