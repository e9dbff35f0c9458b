// SPDX-License-Identifier: Apache-2.0
// How a merged result becomes data of the page.
#include "report/page/whole.h"

#include <algorithm>
#include <filesystem>

#include "report/latency.h"
#include "report/render/uri.h"
#include "report/result/own_report.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;
constexpr size_t kTraces = 5;  // of a host, the worst; the others are counted
constexpr size_t kHistograms = 32;

Json trace_json(const Part& p, const std::string& folder) {
  Json out{{"name", p.trace.path}};
  if (!p.error.empty()) out["error"] = p.error;
  const std::string own = own_report(p);
  if (own.empty()) return out;
  out["file"] = own;
  std::error_code error;
  if (const auto seen_from = std::filesystem::relative(own, folder, error); !error && !seen_from.empty() && own.ends_with(".html"))
    out["page"] = "./" + uri_of(seen_from.string());
  return out;
}
}  // namespace

Json whole_json(const Summary& s, const std::string& folder) {
  Json out{{"problems", Json::array()}, {"hosts", Json::array()}};
  for (const Problem& p : s.problems) out["problems"].push_back({{"kind", std::string(p.kind)}, {"says", p.says}});
  for (const HostRow& h : s.hosts) {
    Json traces = Json::array();
    for (size_t i = 0; i < std::min(kTraces, h.parts.size()); ++i) traces.push_back(trace_json(*h.parts[i], folder));
    out["hosts"].push_back({{"host", h.host}, {"kernels", h.kernels}, {"count", h.parts.size()}, {"failed", h.failed}, {"violated", h.violated},
                            {"inconclusive", h.inconclusive}, {"records", h.records}, {"lost", h.lost}, {"traces", std::move(traces)}});
  }
  return out;
}

Json merged_latency_json(const Summary& s) {
  std::vector<std::pair<const CallKey*, const CallTimes*>> rows;
  for (const auto& [key, times] : s.total.latencies)
    if (times.count) rows.push_back({&key, &times});
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second->count > b.second->count; });
  if (rows.size() > kHistograms) rows.resize(kHistograms);
  Json list = Json::array();
  for (const auto& [key, t] : rows) {
    Json row{{"function", key->function}, {"event", key->event}, {"reason", key->reason}, {"count", t->count}, {"mean", t->total / t->count},
             {"p50", static_cast<uint64_t>(t->percentile(0.5))}, {"p99", static_cast<uint64_t>(t->percentile(0.99))}, {"max", t->max}, {"buckets", Json::array()}};
    for (const auto& [bucket, n] : t->buckets) row["buckets"].push_back({Latency::bucket_begin(bucket), Latency::bucket_begin(bucket + 1), n});
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace mirrorscope
