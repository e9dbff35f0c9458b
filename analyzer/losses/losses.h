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
  uint64_t count = 0;     // records; 0: how many is not known
  uint64_t repaired = 0;
  uint64_t from = 0;      // of all losses of this cause and event: none before,
  uint64_t until = 0;     // none after
};

// Stretches of time in bounded memory: sorted, apart from each other. When there are too many, the ones closest together become one, which
// is a wider place for the same losses and never a smaller one.
class Stretches {
 public:
  void add(uint64_t from, uint64_t until);
  bool overlaps(uint64_t from, uint64_t until) const;  // O(log n)
  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size(); }
  static constexpr size_t kMost = 4096;

 private:
  struct Stretch {
    uint64_t from, until;
  };
  void join_the_closest();
  std::vector<Stretch> list_;
};

class LossLog {
 public:
  void add(const LossWindow& window);
  // `count` records that were said to be missing from a stream have come after all. Where they were said to be missing stays a place of doubt.
  void take_back(uint32_t cause, uint64_t count);
  // The other half of a pair showed `count` times that a record of `event` is missing: its content is known all the same.
  void witnessed(uint16_t event, uint64_t count) { witnessed_[event] += count; }

  // Could a record of one of `needs` be missing in [from, until]?
  bool overlaps(uint64_t from, uint64_t until, const EventSet& needs) const;
  // Is a record of one of `needs` missing for which nothing made up?
  bool unrepaired(const EventSet& needs) const;

  bool empty() const { return !any_; }
  uint64_t total() const;
  uint64_t repaired() const;
  // By cause and event, each loss counted once: a full ring leaves a gap in the numbers of its CPU, too.
  std::vector<LossCount> counts() const;

 private:
  struct Total {
    uint64_t count = 0;
    uint64_t from = UINT64_MAX, until = 0;
    bool any = false;
  };
  LossCount row(uint32_t cause, uint32_t event, const Total& total, uint64_t count) const;
  uint64_t unexplained() const;

  bool any_ = false;
  bool any_event_ = false;                    // of a window that names no event
  std::array<Stretches, EV_LIMIT> windows_;   // by the event that is missing, 0 = any
  std::array<Total, EV_LIMIT> skipped_{};     // by event: runs the kernel skipped
  std::array<uint64_t, EV_LIMIT> witnessed_{};
  std::array<Total, 32> by_cause_{};          // all causes but MS_loss_skipped
};

}  // namespace mirrorscope
