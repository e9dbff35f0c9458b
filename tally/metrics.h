// SPDX-License-Identifier: Apache-2.0
// Counted calls as metrics: families with a bounded number of series, and what is generated from the table of them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tally/snapshot.h"

namespace mirrorscope {

struct MetricInfo {
  std::string_view name;
  prometheus::MetricType type;
  std::string_view labels;  // "process, reason"
  std::string_view help;
};
struct PanelInfo {
  std::string_view title, unit, query, legend;
};
struct AlertInfo {
  std::string_view name, query, above, for_time, severity, summary, advice;
};
const std::vector<MetricInfo>& metric_table();
const std::vector<PanelInfo>& panel_table();
const std::vector<AlertInfo>& alert_table();

struct HostStorm {
  std::string setting;
  bool storms = false;
};

// Keeps which process names have a series of their own: the first `most` that were seen, for good, so that no series comes and goes.
class Metrics {
 public:
  explicit Metrics(size_t most_processes, std::string version, std::string kernel)
      : most_(most_processes), version_(std::move(version)), kernel_(std::move(kernel)) {}
  // Every family of metrics.def, counters as they stand in `tally` (which must be read with TallyOptions::fold_ended).
  std::vector<prometheus::MetricFamily> collect(const Tally& tally, const std::vector<HostStorm>& settings);

 private:
  std::string process_label(const std::string& comm);

  size_t most_;
  std::string version_, kernel_;
  std::set<std::string> processes_;
};

// Files made from the table: a Grafana dashboard (JSON), Prometheus rules (YAML), docs/metrics.md.
std::string grafana_dashboard();
std::string prometheus_rules();
std::string metrics_page();

}  // namespace mirrorscope
