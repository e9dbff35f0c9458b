// SPDX-License-Identifier: Apache-2.0
// Whether the series are few, never fall, and carry nothing but names.
#include "tally/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mirrorscope {
namespace {

TallyRow invalidations(uint32_t tgid, const std::string& comm, uint64_t calls) {
  TallyRow r;
  r.tgid = tgid;
  r.kind = MS_tally_invalidate;
  r.what = "clear";
  r.comm = comm;
  r.calls = calls;
  r.times.count = calls;
  r.times.total = calls * 2000;
  r.times.longest = 2000;
  r.times.steps[5] = calls;  // 1536 to 2048 ns
  return r;
}

const prometheus::MetricFamily& family(const std::vector<prometheus::MetricFamily>& all, const std::string& name) {
  for (const auto& f : all)
    if (f.name == name) return f;
  throw std::runtime_error("no family " + name);
}

std::map<std::string, double> by_process(const std::vector<prometheus::MetricFamily>& all) {
  std::map<std::string, double> values;
  for (const auto& m : family(all, "mirrorscope_invalidations_total").metric)
    for (const auto& label : m.label)
      if (label.name == "process") values[label.value] += m.counter.value;
  return values;
}

std::map<std::string, double> after(Metrics& metrics, const Tally& tally) {
  metrics.take(tally);
  return by_process(metrics.collect({}));
}

TallyRow ended(TallyRow row) {
  row.ended = true;
  return row;
}

using Values = std::map<std::string, double>;

TEST(Metrics, processes_of_one_name_are_one_series) {
  Metrics metrics(10, "1", "k");
  Tally tally;
  tally.rows = {invalidations(1, "a", 3), invalidations(2, "a", 4)};
  EXPECT_EQ(after(metrics, tally), (Values{{"a", 7}}));
}

TEST(Metrics, a_counter_does_not_fall_when_its_process_ends) {
  Metrics metrics(10, "1", "k");
  Tally tally;
  tally.rows = {invalidations(1, "a", 3), invalidations(2, "a", 4)};
  after(metrics, tally);
  tally.rows = {ended(invalidations(1, "a", 4)), invalidations(2, "a", 5)};  // the last that is read of it
  EXPECT_EQ(after(metrics, tally).at("a"), 9);
  tally.rows = {invalidations(2, "a", 5)};
  EXPECT_EQ(after(metrics, tally).at("a"), 9);
  tally.rows = {invalidations(1, "a", 2), invalidations(2, "a", 5)};  // its number is given to another one
  EXPECT_EQ(after(metrics, tally).at("a"), 11);
}

TEST(Metrics, names_beyond_the_limit_share_one_series) {
  Metrics metrics(2, "1", "k");
  Tally tally;
  tally.rows = {invalidations(1, "quiet", 1), invalidations(2, "busy", 100), invalidations(3, "busier", 200)};
  EXPECT_EQ(after(metrics, tally), (Values{{"busier", 200}, {"busy", 100}, {"(other)", 1}}));
  tally.rows = {invalidations(1, "quiet", 5000), invalidations(2, "busy", 101), invalidations(3, "busier", 201)};
  EXPECT_EQ(after(metrics, tally), (Values{{"busier", 201}, {"busy", 101}, {"(other)", 5000}}));
}

TEST(Metrics, thirty_invented_names_do_not_keep_the_others_out) {
  Metrics metrics(30, "1", "k");
  Tally tally;
  tally.time = 1'000'000'000;
  for (uint32_t i = 1; i <= 30; ++i) tally.rows.push_back(ended(invalidations(i, "invented" + std::to_string(i), 1000)));
  after(metrics, tally);
  tally.time += 1'000'000'000;
  tally.rows = {invalidations(100, "database", 10)};
  Values values = after(metrics, tally);
  EXPECT_EQ(values.at("(other)"), 10);
  EXPECT_EQ(values.at("invented7"), 1000);
  tally.time += Metrics::idle;
  tally.rows = {invalidations(100, "database", 30)};
  values = after(metrics, tally);
  EXPECT_EQ(values.at("database"), 20) << "from here on";
  EXPECT_EQ(values.at("(other)"), 10) << "never falls, and does not leap";
  EXPECT_EQ(values.size(), 31u) << "one of the invented is gone";
}

TEST(Metrics, a_name_that_does_something_keeps_its_series) {
  Metrics metrics(1, "1", "k");
  Tally tally;
  for (uint64_t minute = 0; minute < 20; ++minute) {
    tally.time = minute * 60'000'000'000;
    tally.rows = {invalidations(1, "steady", 100 + minute), invalidations(2, "newcomer", minute * 1000)};
    EXPECT_EQ(after(metrics, tally).at("steady"), static_cast<double>(100 + minute));
  }
  EXPECT_FALSE(after(metrics, tally).contains("newcomer"));
}

TEST(Metrics, nobody_takes_the_names_of_what_is_added_up) {
  Metrics metrics(2, "1", "k");
  Tally tally;
  tally.rows = {invalidations(1, "(other)", 3), invalidations(2, "(none)", 5), invalidations(0, "", 1), invalidations(3, "a", 1), invalidations(4, "b", 1)};
  EXPECT_EQ(after(metrics, tally), (Values{{"(other)", 3}, {"(none)", 6}, {"a", 1}, {"b", 1}}));
}

TEST(Metrics, a_histogram_ends_with_all_calls_and_grows_on_the_way) {
  Metrics metrics(10, "1", "k");
  Tally tally;
  tally.rows = {invalidations(1, "a", 9)};
  metrics.take(tally);
  const auto all = metrics.collect({});
  const auto& metric = family(all, "mirrorscope_invalidation_seconds").metric.at(0).histogram;
  EXPECT_EQ(metric.sample_count, 9u);
  EXPECT_DOUBLE_EQ(metric.sample_sum, 18e-6);
  EXPECT_EQ(metric.bucket.front().cumulative_count, 0u) << "up to 1.024 us";
  EXPECT_EQ(metric.bucket.at(1).cumulative_count, 9u) << "up to 2.048 us";
  EXPECT_EQ(metric.bucket.back().cumulative_count, 9u);
  for (size_t i = 1; i < metric.bucket.size(); ++i) {
    EXPECT_GE(metric.bucket[i].cumulative_count, metric.bucket[i - 1].cumulative_count);
    EXPECT_GT(metric.bucket[i].upper_bound, metric.bucket[i - 1].upper_bound);
  }
}

TallyRow in(const std::string& cgroup, TallyRow row) {
  row.cgroup = cgroup;
  return row;
}

// "rank of 4711" by the labels process and `label`.
std::map<std::string, double> by_workload(const std::vector<prometheus::MetricFamily>& all, const std::string& label) {
  std::map<std::string, double> values;
  for (const auto& m : family(all, "mirrorscope_invalidations_total").metric) {
    std::map<std::string, std::string> labels;
    for (const auto& l : m.label) labels[l.name] = l.value;
    values[labels["process"] + " of " + labels[label]] += m.counter.value;
  }
  return values;
}

TEST(Metrics, whose_a_process_is_is_a_label_only_if_asked) {
  Tally tally;
  tally.rows = {in("/slurm/uid_1/job_4711/step_0", invalidations(1, "rank", 3)),
                in("/slurm/uid_1/job_4712/step_0", invalidations(2, "rank", 4)), in("/a", invalidations(3, "web", 5)),
                invalidations(4, "gone", 6)};
  Metrics without(10, "1", "k");
  EXPECT_EQ(after(without, tally), (Values{{"rank", 7}, {"web", 5}, {"gone", 6}}));
  const auto all = without.collect({});
  for (const auto& m : family(all, "mirrorscope_invalidations_total").metric) EXPECT_EQ(m.label.size(), 2u);
  Metrics with(10, "1", "k", WorkloadSide::job);
  with.take(tally);
  EXPECT_EQ(by_workload(with.collect({}), "slurm_job"),
            (Values{{"rank of 4711", 3}, {"rank of 4712", 4}, {"web of (none)", 5}, {"gone of (not known)", 6}}));
}

TEST(Metrics, jobs_beyond_the_limit_share_one_series_and_make_room) {
  Metrics metrics(2, "1", "k", WorkloadSide::job);
  Tally tally;
  for (uint32_t job = 1; job <= 50; ++job)
    tally.rows.push_back(in("/slurm/uid_1/job_" + std::to_string(job), invalidations(job, "rank", job)));
  metrics.take(tally);
  EXPECT_EQ(by_workload(metrics.collect({}), "slurm_job"),
            (Values{{"rank of 50", 50}, {"rank of 49", 49}, {"(other) of (other)", 48 * 49 / 2}}));
  // a name that looks like nobody's cannot have a series per job
  tally.rows.clear();
  for (uint32_t job = 51; job <= 60; ++job)
    tally.rows.push_back(in("/slurm/uid_1/job_" + std::to_string(job), invalidations(job, "(none)", 1)));
  metrics.take(tally);
  EXPECT_EQ(by_workload(metrics.collect({}), "slurm_job").at("(none) of (none)"), 10);
  // idle ones are forgotten for a new one, and with them all their series
  tally.time = Metrics::idle + 1;
  tally.rows = {in("/slurm/uid_1/job_99", invalidations(99, "rank", 7))};
  metrics.take(tally);
  const auto now = by_workload(metrics.collect({}), "slurm_job");
  EXPECT_EQ(now.size(), 4u);
  EXPECT_EQ(now.at("rank of 99"), 7);
}

TEST(Metrics, every_family_has_a_name_that_says_what_it_is) {
  for (const MetricInfo& m : metric_table()) {
    EXPECT_TRUE(m.name.starts_with("mirrorscope_")) << m.name;
    EXPECT_EQ(m.name.ends_with("_total"), m.type == prometheus::MetricType::Counter) << m.name;
    EXPECT_EQ(m.name.ends_with("_seconds"), m.type == prometheus::MetricType::Histogram) << m.name;
    EXPECT_FALSE(m.help.empty());
    for (const char* forbidden : {"pid", "tgid", "mm", "address"})
      EXPECT_EQ(m.labels.find(forbidden), std::string_view::npos) << m.name;
  }
}

TEST(Metrics, every_query_names_a_metric_that_there_is) {
  auto known = [](std::string_view query) {
    size_t at = 0;
    while ((at = query.find("mirrorscope_", at)) != std::string_view::npos) {
      const size_t end = query.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      std::string_view name = query.substr(at, end - at);
      bool found = false;
      for (const MetricInfo& m : metric_table())
        for (const char* suffix : {"", "_bucket", "_sum", "_count"}) found |= name == std::string(m.name) + suffix;
      EXPECT_TRUE(found) << name;
      at = end;
    }
  };
  for (const PanelInfo& p : panel_table()) known(p.query);
  for (const AlertInfo& a : alert_table()) known(a.query);
}

TEST(Metrics, the_dashboard_has_a_panel_for_each_row) {
  const auto dashboard = nlohmann::json::parse(grafana_dashboard());
  EXPECT_EQ(dashboard.at("panels").size(), panel_table().size());
}

}  // namespace
}  // namespace mirrorscope
