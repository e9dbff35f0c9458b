// SPDX-License-Identifier: Apache-2.0
// Which losses have happened and are not yet in the trace, each with its cause, its place and its exact count.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "collector/about.h"
#include "collector/sequence.h"
#include "trace/result.h"

namespace mirrorscope {

class Losses {
 public:
  // How often the kernel skipped a program so far: recursion_misses of bpf_prog_info.
  using ReadMisses = std::function<Result<uint64_t>(size_t program)>;
  Losses(uint64_t began, ReadMisses read) : read_(std::move(read)), polled_(began), polled_before_(began) {}

  // A program whose skipped runs are to be counted. `program` is what ReadMisses knows it by, `event` what it feeds.
  void watch(size_t program, uint32_t event) { programs_.push_back({program, event, 0}); }
  // Records of a CPU found no room in its ring.
  void ring_full(uint16_t cpu, const Gap& gap);
  // Any other loss; the header need not be filled.
  void add(const ev_lost& loss) { queue_.push_back(loss); }

  // Asks the kernel for every program. What has come to light lies between the last poll but one and now.
  Result<void> poll_skipped();
  // Puts everything that waits into the trace, and says that nothing else was lost: no record up to now, no run that was skipped up to
  // the last poll but one.
  void settle(About& about, uint64_t dropped);

  uint64_t skipped() const { return skipped_; }
  bool waiting() const { return !queue_.empty(); }

 private:
  struct Program {
    size_t program;
    uint32_t event;
    uint64_t misses;
  };
  ReadMisses read_;
  uint64_t polled_;         // when the last poll began
  uint64_t polled_before_;  // and the one before it: a skipped run is known for certain one poll late
  uint64_t skipped_ = 0;
  std::vector<Program> programs_;
  std::vector<ev_lost> queue_;
};

}  // namespace mirrorscope
