// SPDX-License-Identifier: Apache-2.0
// Which losses have happened and are not yet in the trace, each with its cause, its place and its exact count.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "collector/probes/probe_state.h"
#include "collector/stream/about.h"
#include "collector/stream/sequence.h"
#include "trace/result.h"

namespace mirrorscope {

// Which runs of a program are missing for good, and since when at the earliest: what was skipped, less what was made up for.
//
// Between the two a task may be anywhere, preempted too, so a difference is believed when two readings in a row show it. While it is not
// zero, other runs come and go, and it cannot be told which of all since the last balance was the lost one: `since` is that balance.
class SkippedRuns {
 public:
  explicit SkippedRuns(uint64_t began) : balanced_(began) {}
  // A reading made after `time`. How many runs it shows to be lost that no reading did before; they lie between since() as it was before
  // this call and now.
  uint64_t take(const ProgramRuns& reading, uint64_t time);
  // No run is missing up to here that take() has not told of.
  uint64_t since() const { return balanced_; }
  uint64_t lost() const { return told_; }

 private:
  uint64_t balanced_;
  uint64_t lost_ = 0;  // as the numbers stand
  uint64_t told_ = 0;  // never less than that was
  uint64_t missing_before_ = 0;  // in the reading before; 0: it was in balance
};

class Losses {
 public:
  // What is known of a program's runs.
  using ReadRuns = std::function<Result<ProgramRuns>(size_t program)>;
  Losses(uint64_t began, ReadRuns read) : read_(std::move(read)), began_(began), certain_(began) {}

  // A program whose skipped runs are to be counted. `program` is what ReadRuns knows it by, `event` what it feeds.
  void watch(size_t program, uint32_t event) { programs_.push_back({program, event, SkippedRuns(began_)}); }
  // Records of a CPU found no room in its ring.
  void ring_full(uint16_t cpu, const Gap& gap);
  // Any other loss; the header need not be filled.
  void add(const ev_lost& loss) { queue_.push_back(loss); }

  // Asks the kernel for every program.
  Result<void> poll_skipped();
  // Puts everything that waits into the trace, and says that nothing else was lost: no record up to now, no run that was skipped up to
  // the last poll that found every program in balance.
  void settle(About& about, uint64_t dropped);

  uint64_t skipped() const { return skipped_; }
  uint64_t skipped(size_t program) const;
  bool waiting() const { return !queue_.empty(); }

 private:
  struct Program {
    size_t program;
    uint32_t event;
    SkippedRuns runs;
  };
  ReadRuns read_;
  uint64_t began_;
  uint64_t certain_;  // the earliest since() of all programs
  uint64_t skipped_ = 0;
  std::vector<Program> programs_;
  std::vector<ev_lost> queue_;
};

}  // namespace mirrorscope
