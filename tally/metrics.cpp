// SPDX-License-Identifier: Apache-2.0
// How rows become series.
#include "tally/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "schema/catalog.h"
#include "tally/added_up.h"

namespace mirrorscope {

namespace {

using Label = std::pair<std::string_view, std::string>;
using Labels = std::vector<Label>;

// The bounds of exported histograms: powers of two from 1 us to 134 s.
constexpr int first_bound = 10, last_bound = 37;

constexpr std::string_view kOther = "(other)";  // those that have no series of their own

std::vector<prometheus::ClientMetric::Label> labels_of(const Labels& labels) {
  std::vector<prometheus::ClientMetric::Label> out;
  for (const auto& [name, value] : labels) out.push_back({std::string(name), value});
  return out;
}

// Series of one family, added up by their labels.
struct Series {
  double value = 0;
  Times times;
};
using Family = std::map<Labels, Series>;

prometheus::ClientMetric as_metric(const Labels& labels, const Series& series, prometheus::MetricType type) {
  prometheus::ClientMetric metric;
  metric.label = labels_of(labels);
  if (type == prometheus::MetricType::Counter) metric.counter.value = series.value;
  if (type == prometheus::MetricType::Gauge) metric.gauge.value = series.value;
  if (type == prometheus::MetricType::Histogram) {
    metric.histogram.sample_count = series.times.count;
    metric.histogram.sample_sum = static_cast<double>(series.times.total) / 1e9;
    uint64_t below = 0;
    size_t step = 0;
    for (int bound = first_bound; bound <= last_bound; ++bound) {
      for (; step < series.times.steps.size() && Times::step_begin(step + 1) <= uint64_t{1} << bound; ++step) below += series.times.steps[step];
      metric.histogram.bucket.push_back({below, static_cast<double>(uint64_t{1} << bound) / 1e9});
    }
    metric.histogram.bucket.push_back({series.times.count, std::numeric_limits<double>::infinity()});
  }
  return metric;
}

enum MetricId : size_t {
#define METRIC(id, name, type, labels, help) metric_##id,
#include "tally/metrics.def"
  metric_count
};

constexpr auto counter = prometheus::MetricType::Counter;
constexpr auto gauge = prometheus::MetricType::Gauge;
constexpr auto histogram = prometheus::MetricType::Histogram;

}  // namespace

const std::vector<MetricInfo>& metric_table() {
  static const std::vector<MetricInfo> table = {
#define METRIC(id, name, type, labels, help) {name, type, labels, help},
#include "tally/metrics.def"
  };
  return table;
}

const std::vector<PanelInfo>& panel_table() {
  static const std::vector<PanelInfo> table = {
#define PANEL(title, unit, query, legend) {title, unit, query, legend},
#include "tally/metrics.def"
  };
  return table;
}

const std::vector<AlertInfo>& alert_table() {
  static const std::vector<AlertInfo> table = {
#define ALERT(name, query, above, for_time, severity, summary, advice) {name, query, above, for_time, severity, summary, advice},
#include "tally/metrics.def"
  };
  return table;
}

struct Metrics::Families {
  std::array<Family, metric_count> all;

  void add(MetricId id, Labels labels, double value) { all[id][std::move(labels)].value += value; }
  void time(MetricId id, Labels labels, const Times& times) { all[id][std::move(labels)].times += times; }
  void add(const TallyRow& row, const Labels& who);
  void forget(const Labels& who) {
    for (Family& family : all)
      std::erase_if(family, [&](const auto& series) {
        return series.first.size() >= who.size() && std::equal(who.begin(), who.end(), series.first.begin());
      });
  }
};

Metrics::Metrics(size_t most_processes, std::string version, std::string kernel, std::optional<WorkloadSide> side)
    : most_(most_processes),
      side_(side),
      version_(std::move(version)),
      kernel_(std::move(kernel)),
      families_(std::make_unique<Families>()) {
  // rows that a rate can be taken of before the first event: a counter that appears with its first value has none
  for (const char* direction : {"to device", "from device"}) {
    families_->add(metric_migrated_pages, {{"direction", direction}}, 0);
    families_->time(metric_migration_seconds, {{"direction", direction}}, {});
  }
}

Metrics::~Metrics() = default;

std::string_view label_of(WorkloadSide side) {
  constexpr std::array<std::string_view, kWorkloadSides.size()> names = {"cgroup",       "unit",      "pod_uid",
                                                                         "container_id", "slurm_job", "slurm_step"};
  return names[static_cast<size_t>(side)];
}

Metrics::Who Metrics::all_of(std::string_view name) const { return {std::string(name), side_ ? std::string(name) : ""}; }

Metrics::Who Metrics::who(const TallyRow& row) const {
  if (row.comm.empty() || row.comm == kNobodys) return all_of(kNobodys);
  return {row.comm, side_ ? whose(row, *side_) : std::string()};
}

// What stands for it in the series: itself, or "(other)".
Metrics::Who Metrics::shown_as(const Who& who, uint64_t now) {
  const Who other = all_of(kOther);
  if (who.process == kNobodys) return who;
  if (who.process == kOther || most_ == 0) return other;
  if (const auto has = processes_.find(who); has != processes_.end()) return has->second = now, who;
  if (processes_.size() >= most_) {
    const auto longest = std::min_element(processes_.begin(), processes_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (now - longest->second < idle) return other;
    families_->forget(series_of(longest->first));
    processes_.erase(longest);
  }
  processes_.emplace(who, now);
  return who;
}

// The labels that a series of it begins with.
std::vector<std::pair<std::string_view, std::string>> Metrics::series_of(const Who& who) const {
  Labels labels{{"process", who.process}};
  if (side_) labels.emplace_back(label_of(*side_), who.whose);
  return labels;
}

// What one row counted since the last time.
void Metrics::Families::add(const TallyRow& row, const Labels& who) {
  const auto and_also = [&who](Label label) {
    Labels labels = who;
    labels.push_back(std::move(label));
    return labels;
  };
  const auto calls = static_cast<double>(row.calls), refused = static_cast<double>(row.refused), pages = static_cast<double>(row.pages);
  switch (row.kind) {
    case MS_tally_invalidate: {
      const Labels labels = and_also({"reason", row.what});
      add(metric_invalidations, labels, calls);
      add(metric_invalidated_pages, labels, pages);
      add(metric_invalidations_refused, labels, refused);
      time(metric_invalidation_seconds, {{"reason", row.what}}, row.times);
      break;
    }
    case MS_tally_callback:
      time(metric_callback_seconds, {{"callback", row.what}}, row.times);
      add(metric_callbacks_refused, {{"callback", row.what}}, refused);
      break;
    case MS_tally_fault:
      time(metric_range_fault_seconds, {{"callback", row.what}}, row.times);
      add(metric_range_fault_retries, and_also({"callback", row.what}), refused);
      break;
    case MS_tally_migrate:
      add(metric_migrated_pages, {{"direction", row.what}}, pages);
      time(metric_migration_seconds, {{"direction", row.what}}, row.times);
      break;
    case MS_tally_pin:
      add(metric_pinned_pages, who, pages);
      add(metric_pins_failed, who, refused);
      break;
    case MS_tally_unpin:
      add(metric_unpinned_pages, who, pages);
      break;
    case MS_tally_insert:
      add(metric_subs_inserted, {{"callback", row.what}}, calls);
      add(metric_subs_removed, {{"callback", row.what}}, 0);
      break;
    case MS_tally_remove:
      add(metric_subs_inserted, {{"callback", row.what}}, 0);
      add(metric_subs_removed, {{"callback", row.what}}, calls);
      break;
    default:
      break;
  }
}

void Metrics::take(const Tally& tally) {
  Tally before;
  for (const auto& [key, row] : seen_) before.rows.push_back(row);
  Tally since = tally.since(before);
  // the busiest get a name first
  std::stable_sort(since.rows.begin(), since.rows.end(), [](const TallyRow& a, const TallyRow& b) { return a.calls > b.calls; });
  for (const TallyRow& row : since.rows) families_->add(row, series_of(shown_as(who(row), tally.time)));
  names_.clear();
  for (const TallyRow& row : tally.rows) {
    const Key key{row.tgid, row.kind, row.what, row.comm};
    if (row.ended) {
      seen_.erase(key);
    } else {
      seen_.insert_or_assign(key, row);
      names_.insert_or_assign(row.tgid, who(row));
    }
  }
  last_ = tally;
  last_.rows.clear();
}

std::vector<prometheus::MetricFamily> Metrics::collect(const std::vector<HostStorm>& settings) const {
  Families families = *families_;
  for (const auto& [tgid, bytes] : last_.pinned) {
    const auto known = names_.find(tgid);
    const Who who = known == names_.end() ? all_of(kNobodys) : known->second;
    families.add(metric_pinned_bytes, series_of(who.process == kNobodys || processes_.contains(who) ? who : all_of(kOther)),
                 static_cast<double>(bytes));
  }
  for (const HostStorm& s : settings) families.add(metric_storm_setting, {{"setting", s.setting}}, s.storms);
  families.add(metric_uncounted, {}, static_cast<double>(last_.lost()));
  families.add(metric_probes, {{"state", "attached"}}, static_cast<double>(last_.probes));
  families.add(metric_probes, {{"state", "missing"}}, static_cast<double>(last_.missing));
  families.add(metric_build, {{"version", version_}, {"kernel", kernel_}}, 1);

  std::vector<prometheus::MetricFamily> out;
  for (size_t id = 0; id < metric_count; ++id) {
    const MetricInfo& info = metric_table()[id];
    prometheus::MetricFamily family;
    family.name = info.name;
    family.help = info.help;
    family.type = info.type;
    for (const auto& [labels, series] : families.all[id]) family.metric.push_back(as_metric(labels, series, info.type));
    out.push_back(std::move(family));
  }
  return out;
}

}  // namespace mirrorscope
