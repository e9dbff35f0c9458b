// SPDX-License-Identifier: Apache-2.0
// A correct device under a churn of munmap, MAP_FIXED, MADV_DONTNEED, mprotect, fork, swap, huge pages, mremap, compaction, exit and process_mrelease.
#pragma once

#include <cstdint>
#include <string>

#include "driver-model/kernel/client/device.h"

namespace mirrorscope::device {

struct ChurnResult {
  int error = 0;  // the device could not be set up: negative errno
  uint64_t operations = 0;
  uint64_t differences = 0;  // the device did not see what the process saw, or answered what it must not
  std::string first;         // of these
  mirrorscope_stats stats{};
};

ChurnResult churn(const Device::Options& options, uint64_t operations, unsigned seed);

}  // namespace mirrorscope::device
