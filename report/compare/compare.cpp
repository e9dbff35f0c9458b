// SPDX-License-Identifier: Apache-2.0
// Which numbers of two sides are compared, and per what.
#include "report/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {
constexpr size_t kRuns = 4;          // of a side, for the spread between runs to be the noise
constexpr double kCalls = 20;        // of a stretch, for its median to say something
constexpr double kManyCalls = 200;   // for its 99th percentile

// What a device asked for: the first of these that both sides did is the work that rates are per.
constexpr std::array<std::pair<const char*, const char*>, 6> kWork{{{"range_fault", "hmm_range_fault()"}, {"dev_fault", "fault of a device"},
                                                                    {"dev_map", "mapping of a device"}, {"reg", "registration"},
                                                                    {"pin", "pin"}, {"inv_start", "invalidation"}}};

using Counts = std::map<std::string, std::vector<uint64_t>>;

class Side {
 public:
  explicit Side(const Summary& s) {
    for (const Part* p : s.parts)
      if (p->error.empty()) parts_.push_back(p);
  }

  bool by_run() const { return parts_.size() >= kRuns; }
  const std::vector<const Part*>& parts() const { return parts_; }

  // A sample per run; of few runs, whose spread says little, one per stretch of each.
  template <typename Find>
  std::vector<double> samples(Find find) const {
    std::vector<double> out;
    for (const Part* p : parts_) {
      const std::vector<uint64_t>* counts = find(*p);
      double sum = 0;
      for (size_t i = 0; i < Part::kStretches; ++i) {
        const double n = counts && i < counts->size() ? static_cast<double>((*counts)[i]) : 0;
        sum += n;
        if (!by_run()) out.push_back(n);
      }
      if (by_run()) out.push_back(sum);
    }
    return out;
  }

  std::vector<double> events(const std::string& name) const { return samples([&](const Part& p) { return in(p.stretches, name); }); }
  std::vector<double> costs(const std::string& callback, const std::string& name) const {
    return samples([&](const Part& p) {
      const auto cost = p.costs.find(callback);
      return cost == p.costs.end() ? nullptr : in(cost->second.stretches, name);
    });
  }
  std::vector<double> calls(const CallKey& key) const {
    return samples([&](const Part& p) {
      const auto row = p.latencies.find(key);
      return row == p.latencies.end() ? nullptr : &row->second.counts;
    });
  }
  // Of each run: records that are missing, and those that should be there.
  std::vector<double> lost() const {
    std::vector<double> out;
    for (const Part* p : parts_) out.push_back(static_cast<double>(p->lost));
    return out;
  }
  std::vector<double> all_records() const {
    std::vector<double> out;
    for (const Part* p : parts_) out.push_back(static_cast<double>(p->records + p->lost));
    return out;
  }
  std::vector<double> seconds() const {
    std::vector<double> out;
    for (const Part* p : parts_) {
      const double all = static_cast<double>(p->last_time - std::min(p->first_time, p->last_time)) / 1e9;
      for (size_t i = 0; i < (by_run() ? 1 : Part::kStretches); ++i) out.push_back(by_run() ? all : all / Part::kStretches);
    }
    return out;
  }
  // Quantiles of stretches with enough calls; by run, the geometric mean of each run's.
  std::vector<double> times(const CallKey& key, std::vector<uint64_t> CallTimes::*quantile, double least) const {
    std::vector<double> out;
    for (const Part* p : parts_) {
      const auto row = p->latencies.find(key);
      if (row == p->latencies.end()) continue;
      const std::vector<uint64_t>& values = row->second.*quantile;
      double logs = 0;
      size_t n = 0;
      for (size_t i = 0; i < std::min(values.size(), row->second.counts.size()); ++i) {
        if (static_cast<double>(row->second.counts[i]) < least || !values[i]) continue;
        const auto ns = static_cast<double>(values[i]);
        if (!by_run()) out.push_back(ns);
        logs += std::log(ns);
        ++n;
      }
      if (by_run() && n) out.push_back(std::exp(logs / static_cast<double>(n)));
    }
    return out;
  }

 private:
  static const std::vector<uint64_t>* in(const Counts& counts, const std::string& name) {
    const auto at = counts.find(name);
    return at == counts.end() ? nullptr : &at->second;
  }
  std::vector<const Part*> parts_;
};

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum;
}

class Comparer {
 public:
  Comparer(const Summary& before, const Summary& after, double least) : before_(before), after_(after), least_(least) {}

  void numbers(Comparison& out) {
    for (const auto& [event, name] : kWork) {
      work_before_ = before_.events(event);
      work_after_ = after_.events(event);
      if (sum_of(work_before_) <= 0 || sum_of(work_after_) <= 0) continue;
      out.work = name;
      work_event_ = event;
      break;
    }
    rate(out.work.empty() ? "" : fmt::format("{}: how many", out.work), work_before_, work_after_, before_.seconds(), after_.seconds(), Unit::per_second, true);
    if (out.work.empty()) {
      work_before_ = before_.seconds();
      work_after_ = after_.seconds();
    }
    of_calls(out.work.empty() ? Unit::per_second : Unit::per_work);
    of_costs(out.work.empty() ? Unit::per_second : Unit::per_work);
    of_losses();
    settle(out);
  }

 private:
  void add(const std::string& name, Unit unit, const std::optional<Estimate>& before, const std::optional<Estimate>& after, bool less_is_worse) {
    if (!before || !after) {
      ++too_few_;
      return;
    }
    const bool logs = unit == Unit::ns;
    NumberChange change{name, unit, logs ? std::exp(before->value) : before->value, logs ? std::exp(after->value) : after->value,
                        logs ? difference_of_logs(*before, *after) : difference(*before, *after), false};
    change.worse = less_is_worse ? change.difference.by < 0 : change.difference.by > 0;
    all_.push_back(std::move(change));
  }

  void rate(const std::string& name, const std::vector<double>& events_before, const std::vector<double>& events_after, const std::vector<double>& per_before,
            const std::vector<double>& per_after, Unit unit, bool less_is_worse = false) {
    if (name.empty() || (sum_of(events_before) <= 0 && sum_of(events_after) <= 0)) return;
    add(name, unit, ratio(events_before, per_before), ratio(events_after, per_after), less_is_worse);
  }

  static bool is_callback(const std::string& event) { return event.starts_with("cb_") || event.starts_with("hl_"); }

  // Which calls, and for which reason: invalidations by reason, callbacks by function, others by function.
  void of_calls(Unit unit) {
    std::set<CallKey> keys;
    for (const Side* side : {&before_, &after_})
      for (const Part* p : side->parts())
        for (const auto& [key, times] : p->latencies) keys.insert(key);
    std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> rates;  // by name
    for (const CallKey& key : keys) {
      const std::string what = key.reason.empty() ? key.function : fmt::format("{} ({})", key.function, key.reason);
      add_if_any(what + ": own time, median", before_.times(key, &CallTimes::own_p50, kCalls), after_.times(key, &CallTimes::own_p50, kCalls));
      add_if_any(what + ": own time, 99th percentile", before_.times(key, &CallTimes::own_p99, kManyCalls), after_.times(key, &CallTimes::own_p99, kManyCalls));
      if (key.event == work_event_) continue;
      const std::string name = key.event == "inv_start" ? fmt::format("invalidations for {}", key.reason.empty() ? "any reason" : key.reason)
                                                        : fmt::format("{} {}", is_callback(key.event) ? "callbacks of" : "calls of", key.function);
      auto& [sum_before, sum_after] = rates[name];
      plus(sum_before, before_.calls(key));
      plus(sum_after, after_.calls(key));
    }
    for (const auto& [name, sums] : rates) rate(name, sums.first, sums.second, work_before_, work_after_, unit);
  }

  static void plus(std::vector<double>& into, const std::vector<double>& more) {
    into.resize(more.size());
    for (size_t i = 0; i < more.size(); ++i) into[i] += more[i];
  }

  void add_if_any(const std::string& name, const std::vector<double>& before, const std::vector<double>& after) {
    if (before.empty() || after.empty()) return;  // what only one side did is a rate that differs
    add(name, Unit::ns, mean_log(before), mean_log(after), false);
  }

  // Shares: of callbacks that met nothing, of look-ups that were in vain, of reads that waited.
  void of_costs(Unit unit) {
    std::set<std::string> callbacks;
    for (const Side* side : {&before_, &after_})
      for (const Part* p : side->parts())
        for (const auto& [callback, cost] : p->costs) callbacks.insert(callback);
    for (const std::string& callback : callbacks) {
      for (const auto& [some, all, says] : {std::tuple("useless", "judged", "callbacks that met nothing"), std::tuple("busy", "lookups", "look-ups repeated (-EBUSY)"),
                                            std::tuple("stale", "checks", "look-ups thrown away (stale)"), std::tuple("waits", "read_begins", "reads that waited")})
        rate(fmt::format("{}: {}", callback, says), before_.costs(callback, some), after_.costs(callback, some), before_.costs(callback, all),
             after_.costs(callback, all), Unit::share);
      rate(fmt::format("{}: interval notifiers inserted", callback), before_.costs(callback, "inserted"), after_.costs(callback, "inserted"), work_before_, work_after_, unit);
    }
  }

  // How much was lost is known of a run, and not of its stretches.
  void of_losses() {
    if (before_.by_run() && after_.by_run())
      rate("records lost", before_.lost(), after_.lost(), before_.all_records(), after_.all_records(), Unit::share);
  }

  // With many numbers some differ by chance: each has to be surer the more there are (Bonferroni).
  void settle(Comparison& out) {
    out.compared = all_.size();
    out.too_few = too_few_;
    const double enough = Comparison::kChance / static_cast<double>(std::max<size_t>(1, all_.size()));
    for (NumberChange& n : all_)
      if (n.difference.chance < enough && std::abs(n.difference.by) >= least_) out.numbers.push_back(std::move(n));
    const auto size = [](const NumberChange& n) { return std::abs(n.after > 0 && n.before > 0 ? std::log(n.after / n.before) : HUGE_VAL); };
    std::stable_sort(out.numbers.begin(), out.numbers.end(), [&](const NumberChange& a, const NumberChange& b) { return size(a) > size(b); });
  }

  Side before_, after_;
  double least_;
  std::string work_event_;
  std::vector<double> work_before_, work_after_;
  std::vector<NumberChange> all_;
  size_t too_few_ = 0;
};

const RulePart* rule_of(const Summary& s, const RuleDef* def) {
  const auto at = std::find_if(s.total.rules.begin(), s.total.rules.end(), [&](const RulePart& r) { return r.rule == def; });
  return at == s.total.rules.end() ? nullptr : &*at;
}

void findings_only_in(const RulePart& one, const RulePart* other, bool is_new, std::vector<FindingChange>& out) {
  for (const Sighting& s : one.findings) {
    const bool there = other && std::any_of(other->findings.begin(), other->findings.end(), [&](const Sighting& o) { return o.key == s.key; });
    if (!there) out.push_back({one.rule, s, is_new});
  }
}
}  // namespace

Comparison compare(const Summary& before, const Summary& after, double least) {
  Comparison out;
  out.before = {before.judged, before.total.records, before.total.lost};
  out.after = {after.judged, after.total.records, after.total.lost};
  for (const Summary* s : {&before, &after})
    for (const Problem& p : s->problems) out.problems.push_back(p.says);
  for (const RuleDef* def : all_rules()) {
    const RulePart* b = rule_of(before, def);
    const RulePart* a = rule_of(after, def);
    if (!b || !a) continue;
    if (a->verdict != b->verdict) out.verdicts.push_back({def, b->verdict, a->verdict, a->verdict == Verdict::violated});
    findings_only_in(*a, b, true, out.findings);
    findings_only_in(*b, a, false, out.findings);
  }
  std::stable_sort(out.findings.begin(), out.findings.end(), [](const FindingChange& a, const FindingChange& b) { return a.is_new > b.is_new; });
  Comparer(before, after, least).numbers(out);
  return out;
}

bool fails(const VerdictChange& c, const FailOn& on) { return on.verdict && c.worse && c.rule->info.level <= on.strict; }
bool fails(const FindingChange& c, const FailOn& on) { return on.finding && c.is_new && c.rule->info.level <= on.strict; }
bool fails(const NumberChange& c, const FailOn& on) { return on.number && c.worse; }

}  // namespace mirrorscope
