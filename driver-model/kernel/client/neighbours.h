// SPDX-License-Identifier: Apache-2.0
// A process whose device uses some of its memory, and that changes all of it: how much of what notifiers of a width are told does the device need?
#pragma once

#include <cstdint>

#include "driver-model/kernel/client/device.h"

namespace mirrorscope::device {

struct NeighboursResult {
  int error = 0;  // the device could not be set up: negative errno
  uint64_t changes = 0, requests = 0;
  uint64_t refused = 0;  // of the requests: nothing was there at the moment, or it was not one notifier's
  mirrorscope_stats stats{};
};

// As many changes by the process as requests of the device, whatever the width: the same places in the same order for the same seed.
NeighboursResult neighbours(const Device::Options& options, uint64_t changes, unsigned seed);

}  // namespace mirrorscope::device
