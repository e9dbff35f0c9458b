// SPDX-License-Identifier: Apache-2.0
// Which drivers' callbacks are watched: found by prototype before recording, by address while it runs, each with two
// programs of its own.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bpf/shared.h"
#include "collector/probes/probe.h"
#include "schema/events.h"

namespace mirrorscope {

class Callbacks {
 public:
  // tally: with the templates that count instead of those that record.
  explicit Callbacks(bool tally) : tally_(tally) {}

  // Every loaded function that has a callback's prototype. Most are no callbacks of anybody: programs compare with the
  // ops.
  std::vector<Probe> by_prototype(Kernel& kernel);

  // The functions that this record names and that have no probe yet. Two compares for nearly every record.
  std::vector<Probe> in(const ev_header& record, Kernel& kernel);

  // The function at this address, unless it has its probes already.
  void at(uint64_t function, ms_callback kind, Kernel& kernel, std::vector<Probe>& made);

 private:
  void watch(Place place, ms_callback kind, Kernel& kernel, std::vector<Probe>& made);

  bool tally_;
  std::unordered_map<uint64_t, uint32_t> known_;  // function -> kinds that are watched, one bit each
};

}  // namespace mirrorscope
