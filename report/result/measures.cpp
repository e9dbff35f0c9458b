// SPDX-License-Identifier: Apache-2.0
// How a pass over a trace becomes numbers per stretch of it.
#include "report/result/measures.h"

#include <algorithm>

namespace mirrorscope {

Measuring::Measuring(const Report& report)
    : report_(report),
      width_((report.last_time - std::min(report.first_time, report.last_time)) / Part::kStretches + 1),
      latency_(report.first_time, width_),
      events_(EV_LIMIT) {}

void Measuring::see(const ev_header& h) {
  const uint64_t since = h.time - std::min<uint64_t>(report_.first_time, h.time);
  const size_t stretch = std::min<size_t>(since / width_, Part::kStretches - 1);
  while (stretch_ < stretch) costs_before_[++stretch_] = costs_.rows();
  latency_.see(h);
  costs_.see(h);
  if (h.cpu != MS_ABOUT_CPU) ++events_[h.id % EV_LIMIT][stretch];
}

Measures Measuring::finish() const {
  Measures out;
  for (const Latency::Row& row : latency_.rows(report_.names, kRows)) {
    const EventInfo* event = event_info(row.event);
    CallTimes& times = out.latencies[{event ? std::string(event->name) : "?", row.function, row.reason}];
    CallTimes more{.count = row.histogram.count, .total = row.histogram.total, .max = row.histogram.max, .buckets = {}, .counts = {}, .own_p50 = {}, .own_p99 = {}};
    for (uint32_t i = 0; i < Latency::kBuckets; ++i)
      if (row.histogram.buckets[i]) more.buckets[i] = row.histogram.buckets[i];
    const bool alone = times.count == 0;  // two callbacks of one name are added up, but for their quantiles
    times += more;
    times.counts.clear();
    times.own_p50.clear();
    times.own_p99.clear();
    if (!alone) continue;
    for (const Latency::Buckets& own : row.own) {
      uint64_t count = 0;
      for (const auto& [bucket, n] : own) count += n;
      times.counts.push_back(count);
      times.own_p50.push_back(static_cast<uint64_t>(Latency::percentile(own, 0.5)));
      times.own_p99.push_back(static_cast<uint64_t>(Latency::percentile(own, 0.99)));
    }
  }
  for (const auto& [fn, row] : costs_.rows()) {
    CostPart& cost = out.costs[report_.names.symbol(fn)];
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string name(to_string(static_cast<Cost>(i)));
      cost.sums[name] += row[i];
      std::vector<uint64_t>& counts = cost.stretches[name];
      counts.resize(Part::kStretches);
      for (size_t s = 0; s <= stretch_; ++s) {
        const auto value = [&](const std::map<uint64_t, NotifierCosts::Row>& rows) {
          const auto at = rows.find(fn);
          return at == rows.end() ? uint64_t{0} : at->second[i];
        };
        counts[s] += (s < stretch_ ? value(costs_before_[s + 1]) : row[i]) - value(costs_before_[s]);
      }
    }
  }
  for (const EventInfo& e : catalog::events) {
    const auto& counts = events_[e.id];
    if (std::any_of(counts.begin(), counts.end(), [](uint64_t n) { return n != 0; })) out.stretches[std::string(e.name)].assign(counts.begin(), counts.end());
  }
  return out;
}

}  // namespace mirrorscope
