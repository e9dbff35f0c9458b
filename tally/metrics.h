// SPDX-License-Identifier: Apache-2.0
// Counted calls as metrics: families with a bounded number of series, and what is generated from the table of them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
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

// The series, each the sum of what was counted while its labels stood for it. `most` names of processes have series of their own: a name
// keeps them while its processes do something, and gives them back when another name wants them and it has been idle for `idle`.
// Anybody can invent names. What the others do is in "(other)", which grows by what comes and never falls.
class Metrics {
 public:
  static constexpr uint64_t idle = 5ull * 60 * 1'000'000'000;  // ns; what Prometheus takes for gone

  explicit Metrics(size_t most_processes, std::string version, std::string kernel);
  ~Metrics();
  // Every tally that is read has to come by here, in order: a process that has ended is in one of them for the last time.
  void take(const Tally& tally);
  // Every family of metrics.def.
  std::vector<prometheus::MetricFamily> collect(const std::vector<HostStorm>& settings) const;

 private:
  struct Families;
  const std::string& process_label(const std::string& comm, uint64_t now);

  size_t most_;
  std::string version_, kernel_;
  std::unique_ptr<Families> families_;
  std::map<std::string, uint64_t> processes_;  // with series of their own, and when they last did something
  using Key = std::tuple<uint32_t, uint32_t, std::string, std::string>;
  std::map<Key, TallyRow> seen_;  // as they were the last time
  Tally last_;                    // without its rows
  std::map<uint32_t, std::string> names_;  // of the processes in it
};

// Files made from the table: a Grafana dashboard (JSON), Prometheus rules (YAML), docs/metrics.md.
std::string grafana_dashboard();
std::string prometheus_rules();
std::string metrics_page();

}  // namespace mirrorscope
