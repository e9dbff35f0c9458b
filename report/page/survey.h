// SPDX-License-Identifier: Apache-2.0
// Everything that the page of `mirrorscope report` shows besides the verdicts, gathered in one more pass over the trace.
#pragma once

#include <vector>

#include "report/explain/window.h"
#include "report/findings.h"
#include "report/page/activity.h"
#include "report/latency.h"
#include "report/page/pingpong.h"
#include "report/page/timeline.h"

namespace mirrorscope {

class Survey {
 public:
  static constexpr size_t kExplained = 48;   // findings that are told whole; the others are listed
  static constexpr size_t kBars = 4000;      // on all their timelines together, besides the evidence

  Survey(const Report& report, const std::vector<Finding>& findings, const RecordFinder& find);
  // Every record, in time order.
  void see(const ev_header& record);
  void damaged(const Activity::Place& place) { activity.damaged(place); }
  void finish() { timelines.finish(); }

  // Where among the explained a finding is, or explained.size().
  size_t place_of(const Finding& finding) const;

  std::vector<const Candidate*> explained;
  Activity activity;
  Latency latency;
  PingPong pingpong;
  Windows windows;
  Timelines timelines;
};

}  // namespace mirrorscope
