// SPDX-License-Identifier: Apache-2.0
// What parts say as a whole: sums, the verdict of each rule over all traces, hosts by how bad they are.
#include <fmt/format.h>

#include <algorithm>

#include "report/result/merged.h"

namespace mirrorscope {

namespace {
const RulePart* rule_in(const Part& p, const RuleDef* rule) {
  const auto at = std::find_if(p.rules.begin(), p.rules.end(), [&](const RulePart& r) { return r.rule == rule; });
  return at == p.rules.end() ? nullptr : &*at;
}

// How bad a trace or a host is, the worst first: what is violated by level, what could not be judged, what is lost.
struct Badness {
  std::array<size_t, 3> violated{};
  size_t failed = 0, inconclusive = 0;
  uint64_t lost = 0;
  auto operator<=>(const Badness&) const = default;
};

Badness badness(const Part& p) {
  Badness b;
  b.failed = !p.error.empty();
  b.lost = p.lost;
  for (const RulePart& r : p.rules) {
    b.violated[static_cast<size_t>(r.rule->info.level)] += r.verdict == Verdict::violated;
    b.inconclusive += r.verdict == Verdict::inconclusive;
  }
  return b;
}

Badness badness(const HostRow& h) { return {h.violated, h.failed, h.inconclusive, h.lost}; }

std::vector<HostRow> hosts_of(const std::vector<const Part*>& parts) {
  std::map<std::string, HostRow> by_name;
  for (const Part* p : parts) {
    HostRow& row = by_name[p->trace.host];
    row.host = p->trace.host;
    if (!p->trace.kernel.empty()) row.kernels.insert(p->trace.kernel);
    row.failed += !p->error.empty();
    row.records += p->records;
    row.lost += p->lost;
    row.parts.push_back(p);
  }
  std::vector<HostRow> hosts;
  for (auto& [name, row] : by_name) {
    std::map<const RuleDef*, bool> worst;  // true: violated, false: inconclusive
    for (const Part* p : row.parts)
      for (const RulePart& r : p->rules)
        if (r.verdict == Verdict::violated || r.verdict == Verdict::inconclusive) worst[r.rule] |= r.verdict == Verdict::violated;
    for (const auto& [rule, violated] : worst) {
      row.violated[static_cast<size_t>(rule->info.level)] += violated;
      row.inconclusive += !violated;
    }
    std::stable_sort(row.parts.begin(), row.parts.end(), [](const Part* a, const Part* b) { return badness(*a) > badness(*b); });
    hosts.push_back(std::move(row));
  }
  std::stable_sort(hosts.begin(), hosts.end(), [](const HostRow& a, const HostRow& b) { return badness(a) > badness(b); });
  return hosts;
}

void add_rule(Summary& s, const RuleDef* def) {
  RulePart total{.rule = def, .verdict = Verdict::holds, .reason = {}, .held = 0, .unknown = 0, .broken = 0, .doubtful = 0, .all_causes = true, .findings = {}, .suspects = {}};
  Summary::ByVerdict count{};
  std::array<std::string, kVerdicts> first;  // reason
  size_t not_judged = 0;
  for (const Part* p : s.parts) {
    if (!p->error.empty()) continue;
    const RulePart* r = rule_in(*p, def);
    if (!r) {
      ++not_judged;
      continue;
    }
    const auto verdict = static_cast<size_t>(r->verdict);
    if (!count[verdict]++) first[verdict] = r->reason;
    total.held += r->held;
    total.unknown += r->unknown;
    total.broken += r->broken;
    total.doubtful += r->doubtful;
    total.all_causes = total.all_causes && r->all_causes;
    join(total.findings, r->findings);
    join(total.suspects, r->suspects);
  }
  const auto of = [&count](Verdict v) { return count[static_cast<size_t>(v)]; };
  const auto because = [&](Verdict v) { return fmt::format("in {}: {}", of_traces(of(v), s.judged), first[static_cast<size_t>(v)]); };
  bool only_problems = false;
  if (of(Verdict::violated)) {
    total.verdict = Verdict::violated;
    total.reason = fmt::format("in {}", of_traces(of(Verdict::violated), s.judged));
  } else if (of(Verdict::inconclusive)) {
    total.verdict = Verdict::inconclusive;
    total.reason = because(Verdict::inconclusive);
  } else if (not_judged) {
    total.verdict = Verdict::inconclusive;
    total.reason = fmt::format("{} were checked without this rule", of_traces(not_judged, s.judged));
  } else if (!s.problems.empty()) {
    total.verdict = Verdict::inconclusive;
    total.reason = s.problems.front().says + (s.problems.size() > 1 ? fmt::format(" ({} more problems)", s.problems.size() - 1) : "");
    only_problems = true;
  } else if (of(Verdict::holds)) {
    const size_t blind = of(Verdict::not_observable);
    if (blind) total.reason = "not observable " + because(Verdict::not_observable);
  } else if (of(Verdict::never_exercised)) {
    total.verdict = Verdict::never_exercised;
    total.reason = because(Verdict::never_exercised);
  } else {
    total.verdict = Verdict::not_observable;
    total.reason = because(Verdict::not_observable);
  }
  s.total.rules.push_back(std::move(total));
  s.verdicts.push_back(count);
  s.only_problems.push_back(only_problems);
}

void add_losses(std::map<std::pair<std::string, std::string>, LossPart>& sums, const Part& p) {
  for (const LossPart& l : p.losses) {
    LossPart& sum = sums[{l.cause, l.event}];
    sum = {l.cause, l.event, sum.count + l.count, sum.repaired + l.repaired};
  }
}
}  // namespace

Summary summary_of(const Merged& merged, std::string_view version) {
  Summary s;
  s.parts = merged.parts();
  s.problems = problems_of(merged, s.parts, version);
  s.hosts = hosts_of(s.parts);
  std::set<const RuleDef*> rules;
  std::set<std::pair<std::string, std::string>> boots;
  std::map<std::pair<std::string, std::string>, LossPart> losses;
  Part& total = s.total;
  for (const Part* p : s.parts) {
    boots.insert({p->trace.host, p->trace.boot});
    if (!p->error.empty()) continue;
    ++s.judged;
    total.records += p->records;
    total.last_time += p->last_time - std::min(p->first_time, p->last_time);
    total.lost += p->lost;
    total.repaired += p->repaired;
    total.settled = total.settled && p->settled;
    total.ended = total.ended && p->ended;
    total.blind = total.blind || p->blind;
    for (const auto& [event, n] : p->events) total.events[event] += n;
    for (const std::string& sentence : p->damage) total.damage.push_back(fmt::format("{}: {}", p->trace.path, sentence));
    for (const RulePart& r : p->rules) rules.insert(r.rule);
    for (const auto& [key, times] : p->latencies) total.latencies[key] += times;
    for (const auto& [callback, cost] : p->costs)
      for (const auto& [name, n] : cost.sums) total.costs[callback].sums[name] += n;
    add_losses(losses, *p);
  }
  for (const auto& [key, l] : losses) total.losses.push_back(l);
  s.boots = boots.size();
  for (const RuleDef* def : all_rules())
    if (rules.contains(def) || (rules.empty() && !s.problems.empty())) add_rule(s, def);
  return s;
}

}  // namespace mirrorscope
