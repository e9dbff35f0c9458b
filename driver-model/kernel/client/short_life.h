// SPDX-License-Identifier: Apache-2.0
// A process that is gone before its device is through with it.
#pragma once

#include <cstdint>

#include "driver-model/kernel/client/device.h"

namespace mirrorscope::device {

enum class End : uint8_t {
  exit,    // by itself, with jobs in flight
  reaped,  // killed, and its memory taken at once as the OOM reaper does: process_mrelease(2), which must not block
};

// Runs one, and waits until it is gone. What it finds is said by the module's records, not here.
void short_life(const Device::Options& options, End end);

}  // namespace mirrorscope::device
