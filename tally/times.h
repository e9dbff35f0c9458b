// SPDX-License-Identifier: Apache-2.0
// How long calls took, as bpf/counters/tally.bpf.h counts them: two steps to an octave, so a percentile is off by a fifth at most.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bpf/shared.h"

namespace mirrorscope {

struct Times {
  uint64_t count = 0;
  uint64_t total = 0;    // ns
  uint64_t longest = 0;  // ns
  std::array<uint64_t, MS_TALLY_STEPS> steps{};

  // Where a step begins, ns; of one step more than there are: where the last would end.
  static uint64_t step_begin(size_t step);
  // The time that the share (0 to 1) of the calls did not exceed: linear within a step, no more than the longest. 0 without calls.
  uint64_t percentile(double share) const;

  Times& operator+=(const Times& more);
  // What came since: every number here is at least that of `before`. The longest is then known to the end of its step only.
  Times since(const Times& before) const;
};

}  // namespace mirrorscope
