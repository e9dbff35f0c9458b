// SPDX-License-Identifier: Apache-2.0
// How histograms and findings are added up.
#include "report/result/part.h"

#include <algorithm>

namespace mirrorscope {

CallTimes& CallTimes::operator+=(const CallTimes& more) {
  count += more.count;
  total += more.total;
  max = std::max(max, more.max);
  for (const auto& [bucket, n] : more.buckets) buckets[bucket] += n;
  return *this;
}

double CallTimes::percentile(double share) const { return std::min(static_cast<double>(max), Latency::percentile(buckets, share)); }

std::tuple<std::string, uint64_t, std::string> Part::identity() const {
  return trace.uuid.empty() ? std::tuple(std::string(), uint64_t{0}, trace.path) : std::tuple(trace.uuid, first_time, std::string());
}

void join(std::vector<Sighting>& into, const std::vector<Sighting>& more) {
  for (const Sighting& s : more) {
    const auto at = std::lower_bound(into.begin(), into.end(), s.key, [](const Sighting& a, const std::string& key) { return a.key < key; });
    if (at == into.end() || at->key != s.key) {
      into.insert(at, s);
      continue;
    }
    const auto first = [](const Sighting& x) { return std::tie(x.trace, x.time, x.what, x.tid); };
    const uint64_t count = at->count + s.count;
    const uint64_t traces = at->traces + s.traces;
    if (first(s) < first(*at)) *at = s;
    at->count = count;
    at->traces = traces;
  }
}

}  // namespace mirrorscope
