// SPDX-License-Identifier: Apache-2.0
// Where a trace is no behaviour of the model: at which event, what the model allowed there, what was recorded.
#pragma once

#include <cstdint>
#include <string>

#include "driver-model/mirror/few.h"

namespace mirrorscope::conform {

enum class Half : uint8_t { kernel, driver };

// Which task's history a record continues; of a record without a task, its CPU's.
inline uint64_t task_key(const ev_header& h) { return h.tid ? h.tid : (1ull << 40) + h.cpu; }

struct Divergence {
  Half half = Half::kernel;
  EventRef at;
  uint32_t tid = 0;
  uint64_t mm = 0, object = 0;  // object: of the driver half
  uint64_t since = 0;  // time from which on the model knew what this contradicts: a loss in between may explain it
  bool close = false;  // another CPU's record is closer to it than the clocks of two CPUs are
  std::string allowed, recorded;
};

// How much of one mm, or object, was replayed.
struct Replayed {
  uint64_t steps = 0;      // records that the model was asked about
  uint64_t unknown = 0;    // records while its state was not known
  uint64_t stretches = 0;  // how often it became unknown after it was known
  uint64_t divergences = 0;
};

}  // namespace mirrorscope::conform
