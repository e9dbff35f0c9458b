// SPDX-License-Identifier: Apache-2.0
// What a result says of a trace besides its verdicts: how long calls took, what notifiers cost, and how both changed within the trace. One more pass.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/latency.h"
#include "report/notifier_costs.h"
#include "report/result/part.h"

namespace mirrorscope {

struct Measures {
  std::map<CallKey, CallTimes> latencies;
  std::map<std::string, CostPart> costs;                    // by callback
  std::map<std::string, std::vector<uint64_t>> stretches;   // records by event
};

class Measuring {
 public:
  // Of the trace with this report, which says its time and whose names it has.
  explicit Measuring(const Report& report);
  // Every record, in time order.
  void see(const ev_header& record);
  Measures finish() const;

 private:
  static constexpr size_t kRows = 256;  // of latencies: those with the most calls

  const Report& report_;
  uint64_t width_;  // ns of a stretch
  Latency latency_;
  NotifierCosts costs_;
  std::array<std::map<uint64_t, NotifierCosts::Row>, Part::kStretches> costs_before_;  // each stretch
  std::vector<std::array<uint64_t, Part::kStretches>> events_;                         // by id
  size_t stretch_ = 0;
};

}  // namespace mirrorscope
