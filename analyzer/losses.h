// SPDX-License-Identifier: Apache-2.0
// Where records are missing, and whether what looks like a breach may be only that.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analyzer/rule.h"

namespace mirrorscope {

// Records that are missing: `count` of them, somewhere in [from, until].
struct LossWindow {
  uint64_t from = 0;
  uint64_t until = UINT64_MAX;
  uint64_t count = 0;
  uint32_t cause = 0;  // row of losses.def
  uint32_t event = 0;  // which event is missing, 0 = any
  int32_t cpu = -1;    // -1 = any
};

struct LossCount {
  uint32_t cause = 0;
  uint32_t event = 0;
  uint64_t count = 0;
  uint64_t repaired = 0;
};

class LossLog {
 public:
  void add(const LossWindow& window);
  // The other half of a pair showed `count` times that a record of `event` is missing: its content is known all the same.
  void witnessed(uint16_t event, uint64_t count) { witnessed_[event] += count; }

  // Could a record of one of `needs` be missing in [from, until]?
  bool overlaps(uint64_t from, uint64_t until, const EventSet& needs) const;
  // Is a record of one of `needs` missing for which nothing made up?
  bool unrepaired(const EventSet& needs) const;

  bool empty() const { return windows_.empty(); }
  uint64_t total() const;
  uint64_t repaired() const;
  std::vector<LossCount> counts() const;

 private:
  uint64_t gaps_not_named() const;

  std::vector<LossWindow> windows_;
  std::array<uint64_t, EV_LIMIT> skipped_{};    // by event: runs the kernel skipped
  std::array<uint64_t, EV_LIMIT> witnessed_{};
  uint64_t ring_full_ = 0;
  uint64_t gaps_ = 0;
  std::array<uint64_t, 32> other_{};            // by cause
};

}  // namespace mirrorscope
