// SPDX-License-Identifier: Apache-2.0
// How sums become a report again.
#include "report/result/merged_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/folding.h"

namespace mirrorscope {

namespace {
uint32_t cause_named(const std::string& name) {
  for (const LossInfo& l : catalog::losses)
    if (label_of(catalog::enum_loss, l.id) == name) return l.id;
  return MS_loss_gap;
}

std::string seen_in(const Sighting& s, size_t traces) {
  std::string text = fmt::format("{} in {}, first in {}", s.count == 1 ? "once" : fmt::format("{} times", grouped(s.count)), of_traces(s.traces, traces), s.trace);
  if (!s.host.empty()) text += fmt::format(" of {}", s.host);
  text += fmt::format(": at {} by {} ({}/{})", clock_text(s.time), s.task, s.tgid, s.tid);
  if (!s.callback.empty()) text += fmt::format(", callback {}", s.callback);
  return text;
}

// Addresses are not in a result: each callback gets one, for whoever asks for its name.
Report report_of(const Part& part, const std::vector<RulePart>& rules) {
  Report r;
  r.records = part.records;
  r.first_time = part.first_time;
  r.last_time = part.last_time;
  r.lost = part.lost;
  r.repaired = part.repaired;
  r.settled = part.settled;
  r.ended = part.ended;
  r.blind = part.blind;
  for (const auto& [event, n] : part.events)
    if (const EventInfo* row = event_named(event)) r.by_event[row->id] = n;
  for (const LossPart& l : part.losses) {
    const EventInfo* row = event_named(l.event);
    r.losses.push_back({.cause = cause_named(l.cause), .event = row ? row->id : 0u, .count = l.count, .repaired = l.repaired});
  }
  std::map<std::string, uint64_t> callbacks;
  const auto candidates = [&](const std::vector<Sighting>& sightings) {
    std::vector<Candidate> list;
    for (const Sighting& s : sightings) {
      Candidate c;
      c.completing.time = s.time;
      c.tid = s.tid;
      c.tgid = s.tgid;
      c.what = s.what;
      c.count = s.count;
      if (!s.callback.empty()) {
        const auto [at, is_new] = callbacks.try_emplace(s.callback, callbacks.size() + 1);
        if (is_new) r.names.learn(at->second, s.callback);
        c.fn = at->second;
      }
      list.push_back(std::move(c));
    }
    return list;
  };
  for (const RulePart& p : rules)
    r.rules.push_back({.rule = p.rule, .verdict = p.verdict, .reason = p.reason, .held = p.held, .unknown = p.unknown, .broken = p.broken, .doubtful = p.doubtful,
                       .findings = candidates(p.findings), .suspects = candidates(p.suspects), .all_causes = p.all_causes});
  return r;
}

std::vector<Finding> findings_with_keys(const Report& report, const std::vector<RulePart>& rules, size_t traces) {
  std::vector<Finding> list = findings_of(report, {});
  for (Finding& f : list) {
    const RulePart& rule = rules[static_cast<size_t>(f.rule - report.rules.data())];
    const Sighting& s = (f.rule->verdict == Verdict::violated ? rule.findings : rule.suspects)[f.number - 1];
    f.key = s.key;
    f.trace = s.trace;
    f.seen = seen_in(s, traces);
  }
  return list;
}

// Of two outcomes of one rule that which CI should hear of.
int weight(Outcome o) {
  switch (o) {
    case Outcome::skip: return 0;
    case Outcome::unused: return 1;
    case Outcome::pass: return 2;
    case Outcome::tolerated: return 3;
    case Outcome::known: return 4;
    case Outcome::unclear: return 5;
    case Outcome::fail: return 6;
  }
  return 0;
}

// What check would say of one of the traces may be worse than what is said of all: --require asks each of them.
void add_outcomes(std::vector<RuleOutcome>& all, const Part& part, const Baseline& baseline, const Insistence& insist) {
  const Report report = report_of(part, part.rules);
  std::vector<Finding> findings = findings_with_keys(report, part.rules, 1);
  mark_known(findings, baseline);
  for (const RuleOutcome& o : outcomes_of(report, findings, insist))
    for (RuleOutcome& total : all)
      if (total.rule->rule == o.rule->rule && weight(o.outcome) > weight(total.outcome)) {
        total.outcome = o.outcome;
        total.why = fmt::format("{} ({})", o.why, part.trace.path);
      }
}

std::string some_of(const std::set<std::string>& names) {
  constexpr size_t kMost = 3;
  std::string out;
  size_t n = 0;
  for (const std::string& name : names)
    if (n++ < kMost) out += (out.empty() ? "" : ", ") + name;
  return n > kMost ? fmt::format("{} and {} more", out, n - kMost) : out.empty() ? "?" : out;
}
}  // namespace

std::unique_ptr<MergedDocument> merged_document(Merged merged, std::string_view version, const Baseline& baseline, const Insistence& insist) {
  auto out = std::make_unique<MergedDocument>();
  out->merged = std::move(merged);
  out->summary = summary_of(out->merged, version);
  const Summary& s = out->summary;
  out->report = report_of(s.total, s.total.rules);
  std::set<std::string> kernels, recorders;
  for (const Part* p : s.parts) {
    if (!p->trace.kernel.empty()) kernels.insert(p->trace.kernel);
    if (!p->trace.recorder.empty()) recorders.insert(p->trace.recorder);
  }
  Document& d = out->document;
  d.trace = fmt::format("{} {} of {} {}", s.parts.size(), s.parts.size() == 1 ? "trace" : "traces", s.hosts.size(), s.hosts.size() == 1 ? "host" : "hosts");
  d.path = s.parts.empty() ? "" : s.parts.front()->trace.path;
  d.kernel = some_of(kernels);
  d.recorder = some_of(recorders);
  d.version = version;
  d.damage = s.total.damage;
  d.report = &out->report;
  d.merged = &out->merged;
  d.summary = &s;
  d.findings = findings_with_keys(out->report, s.total.rules, s.judged);
  mark_known(d.findings, baseline);
  d.outcomes = outcomes_of(out->report, d.findings, insist);
  for (const Part* p : s.parts)
    if (p->error.empty()) add_outcomes(d.outcomes, *p, baseline, insist);
  return out;
}

}  // namespace mirrorscope
