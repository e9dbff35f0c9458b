// SPDX-License-Identifier: Apache-2.0
// Which findings are told whole when there are many: of each rule the first, then of each the second, and so on.
#include "report/page/survey.h"

#include <algorithm>

namespace mirrorscope {

namespace {
std::vector<const Candidate*> choose(const std::vector<Finding>& findings) {
  std::vector<const Finding*> order;
  for (const Finding& f : findings) order.push_back(&f);
  std::stable_sort(order.begin(), order.end(), [](const Finding* a, const Finding* b) {
    const bool doubt_a = a->rule->verdict == Verdict::inconclusive;
    const bool doubt_b = b->rule->verdict == Verdict::inconclusive;
    return doubt_a != doubt_b ? doubt_b : a->number < b->number;
  });
  std::vector<const Candidate*> chosen;
  for (const Finding* f : order)
    if (chosen.size() < Survey::kExplained) chosen.push_back(f->what);
  return chosen;
}
}  // namespace

Survey::Survey(const Report& report, const std::vector<Finding>& findings, const RecordFinder& find)
    : explained(choose(findings)),
      activity(report.first_time, report.last_time),
      windows(explained, find),
      timelines(explained, find, std::clamp<size_t>(kBars / std::max<size_t>(1, explained.size()), 60, 300)) {}

void Survey::see(const ev_header& h) {
  activity.see(h);
  latency.see(h);
  pingpong.see(h);
  if (explained.empty()) return;
  windows.see(h);
  timelines.see(h);
}

size_t Survey::place_of(const Finding& f) const {
  return static_cast<size_t>(std::find(explained.begin(), explained.end(), f.what) - explained.begin());
}

}  // namespace mirrorscope
