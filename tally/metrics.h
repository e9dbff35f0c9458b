// SPDX-License-Identifier: Apache-2.0
// Counted calls as metrics: families with a bounded number of series, and what is generated from the table of them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "schema/workload.h"
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

// What the label of a side is called: not "job" or "pod", which Prometheus and its service discovery take for the
// target of the scrape.
std::string_view label_of(WorkloadSide side);

// The series, each the sum of what was counted while its labels stood for it. `most` names of processes have series of
// their own: a name keeps them while its processes do something, and gives them back when another name wants them and
// it has been idle for `idle`. Anybody can invent names. What the others do is in "(other)", which grows by what comes
// and never falls. With `side`, whose the process is stands in a second label, and `most` counts pairs of both.
class Metrics {
 public:
  static constexpr uint64_t idle = 5ull * 60 * 1'000'000'000;  // ns; what Prometheus takes for gone

  explicit Metrics(size_t most_processes, std::string version, std::string kernel,
                   std::optional<WorkloadSide> side = {});
  ~Metrics();
  // Every tally that is read has to come by here, in order: a process that has ended is in one of them for the last time.
  void take(const Tally& tally);
  // Every family of metrics.def.
  std::vector<prometheus::MetricFamily> collect(const std::vector<HostStorm>& settings) const;

 private:
  struct Families;
  struct Who {
    std::string process, whose;  // whose: empty without `side`
    auto operator<=>(const Who&) const = default;
  };
  Who all_of(std::string_view name) const;  // that name as process and, with `side`, as whose
  Who who(const TallyRow& row) const;
  Who shown_as(const Who& who, uint64_t now);
  std::vector<std::pair<std::string_view, std::string>> series_of(const Who& who) const;

  size_t most_;
  std::optional<WorkloadSide> side_;
  std::string version_, kernel_;
  std::unique_ptr<Families> families_;
  std::map<Who, uint64_t> processes_;  // with series of their own, and when they last did something
  using Key = std::tuple<uint32_t, uint32_t, std::string, std::string>;
  std::map<Key, TallyRow> seen_;  // as they were the last time
  Tally last_;                    // without its rows
  std::map<uint32_t, Who> names_;  // of the processes in it
};

// Files made from the table: a Grafana dashboard (JSON), Prometheus rules (YAML), docs/metrics.md.
std::string grafana_dashboard();
std::string prometheus_rules();
std::string metrics_page();

}  // namespace mirrorscope
