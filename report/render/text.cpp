// SPDX-License-Identifier: Apache-2.0
// How a report becomes text: the verdict first, then what was broken, by whom, with the events that prove it.
#include "report/render/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/explain/explain.h"
#include "report/findings.h"
#include "report/folding.h"
#include "report/render/format.h"
#include "report/render/hosts.h"
#include "schema/catalog.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {
struct Paint {
  bool on;
  std::string operator()(const char* code, std::string_view text) const {
    return on ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
  }
};

const char* color_of(Verdict v) {
  switch (v) {
    case Verdict::holds: return "32";
    case Verdict::violated: return "31;1";
    case Verdict::inconclusive: return "33";
    case Verdict::not_observable:
    case Verdict::never_exercised: return "2";
  }
  return "0";
}

void say_losses(std::string& out, const Report& report) {
  if (report.losses.empty()) {
    out += "nothing lost\n";
    return;
  }
  out += report.lost ? fmt::format("{} records missing", grouped(report.lost)) : std::string("records may be missing");
  if (report.repaired) out += fmt::format(", {} of them known from the other half of their pair", grouped(report.repaired));
  out += "\n";
  for (const LossCount& l : report.losses) {
    const EventInfo* row = event_info(l.event);
    const LossInfo* why = loss_info(l.cause);
    out += fmt::format("  {:>10}  {}{}{}: {}\n", l.count ? grouped(l.count) : "?", why ? why->name : "?", row ? " of " : "", row ? row->name : "",
                       folded(why ? why->says : "", 14));
  }
}

// What fits behind a rule's name: the first probe that is not there, how many occasions could not be judged.
std::string short_reason(const RuleResult& r) {
  if (r.verdict == Verdict::not_observable) return r.reason.substr(0, r.reason.find(';'));
  return r.unknown ? fmt::format("{} not to be judged", grouped(r.unknown)) : "";
}

void say_finding(std::string& out, const Finding& f, const Report& report) {
  const Candidate& c = *f.what;
  out += fmt::format("    {}\n", folded(c.what, 4));
  if (!f.seen.empty()) {
    out += fmt::format("    {}\n", folded(f.seen, 4));
    return;
  }
  out += fmt::format("    at {} by {} ({}/{}) on CPU {}", clock_text(c.completing.time), report.names.task(c.tid), c.tgid, c.tid,
                     c.completing.cpu);
  if (c.fn) out += fmt::format(", callback {}", report.names.symbol(c.fn));
  out += "\n";
}

void say_rule(std::string& out, const RuleResult& r, const Report& report, const TextOptions& options,
              const std::vector<Finding>& findings, const Paint& paint) {
  const RuleInfo& info = r.rule->info;
  const uint64_t total = r.verdict == Verdict::violated ? r.broken : r.doubtful;
  if (options.explain) {
    for (const Finding& f : findings)
      if (f.rule == &r && f.number <= options.findings_per_rule)
        out += fmt::format("\n{}\n{}", std::string(kColumns - 1, '-'), explain(f, options.explain->of(*f.what), report));
    if (total) return;
  }
  out += fmt::format("\n{} {}  {}{}\n", paint(color_of(r.verdict), to_string(r.verdict)), info.id, info.name,
                     info.level == Level::hard ? "" : fmt::format("  ({})", to_string(info.level)));
  out += fmt::format("  {}\n", folded(info.says, 2));
  if (!r.reason.empty()) out += fmt::format("  {}\n", folded(r.reason, 2));
  for (const Finding& f : findings) {
    if (f.rule != &r || f.number > options.findings_per_rule) continue;
    out += fmt::format("\n  {}, of {}:\n", f.id, grouped(total));
    say_finding(out, f, report);
  }
  if (r.verdict != Verdict::violated) return;
  out += fmt::format("\n  source:  {}\n", folded(info.because, 11));
  out += fmt::format("  look at: {}\n", folded(info.look_at, 11));
}
}  // namespace

std::vector<const Candidate*> shown_findings(const Report& report, uint32_t findings_per_rule) {
  std::vector<const Candidate*> shown;
  for (const Finding& f : findings_of(report, {}))
    if (f.number <= findings_per_rule) shown.push_back(f.what);
  return shown;
}

namespace {
std::string report_text(const Report& report, const std::vector<Finding>& findings, const TextOptions& options, const std::vector<bool>& only_problems) {
  const Paint paint{options.color};
  std::string out;
  const double seconds = static_cast<double>(report.last_time - report.first_time) / 1e9;
  out += fmt::format("{} records over {:.1f} s, ", grouped(report.records), seconds);
  say_losses(out, report);
  const auto not_whole = [&](const RuleResult& r) { return !only_problems.empty() && only_problems[static_cast<size_t>(&r - report.rules.data())]; };

  for (const RuleResult* r : worst_first(report))
    if ((r->verdict == Verdict::violated || r->verdict == Verdict::inconclusive) && !not_whole(*r)) say_rule(out, *r, report, options, findings, paint);

  size_t count[kVerdicts] = {};
  for (const RuleResult& r : report.rules) ++count[static_cast<size_t>(r.verdict)];
  const auto of = [&count](Verdict v) { return count[static_cast<size_t>(v)]; };

  if (options.explain) out += fmt::format("\n{}\n", std::string(kColumns - 1, '-'));
  if (options.all_rules || of(Verdict::holds)) out += "\n";
  for (const RuleResult& r : report.rules) {
    if (r.verdict == Verdict::holds)
      out += fmt::format("{}  {:7} {:28} {}\n", paint("32", "holds"), r.rule->info.id, r.rule->info.name, counted(r.held, "occasion"));
  }
  if (std::find(only_problems.begin(), only_problems.end(), true) != only_problems.end()) {
    out += "\ninconclusive, because not everything that was to be merged is there:\n";
    for (const RuleResult& r : report.rules)
      if (not_whole(r)) out += fmt::format("  {:7} {:28} {} held\n", r.rule->info.id, r.rule->info.name, counted(r.held, "occasion"));
  }
  for (const auto& [verdict, head] : {std::pair{Verdict::never_exercised, "never exercised, nothing is known about"},
                                      std::pair{Verdict::not_observable, "not observable here"}}) {
    if (!of(verdict)) continue;
    out += fmt::format("\n{}:\n", head);
    for (const RuleResult& r : report.rules)
      if (r.verdict == verdict)
        out += fmt::format("  {:7} {:28} {}\n", r.rule->info.id, r.rule->info.name,
                           options.all_rules ? folded(r.reason, 39) : short_reason(r));
  }
  size_t level[3] = {};
  for (const RuleResult& r : report.rules)
    if (r.verdict == Verdict::violated) ++level[static_cast<size_t>(r.rule->info.level)];
  const std::string soft = level[1] + level[2] ? fmt::format(" ({} hard, {} hazards, {} smells)", level[0], level[1], level[2]) : "";
  out += fmt::format("\n{} violated{}, {} inconclusive, {} hold, {} never exercised, {} not observable\n", of(Verdict::violated), soft,
                     of(Verdict::inconclusive), of(Verdict::holds), of(Verdict::never_exercised), of(Verdict::not_observable));
  return out;
}
}  // namespace

std::string to_text(const Report& report, const TextOptions& options, const RecordFinder& find) {
  return report_text(report, findings_of(report, find), options, {});
}

std::string to_text(std::span<const Document> documents, const Look& look) {
  std::string out;
  for (const Document& d : documents) {
    out += fmt::format("{}: kernel {}, recorded by {}\n", d.trace, d.kernel, d.recorder);
    for (const std::string& sentence : d.damage) out += fmt::format("damaged: {}\n", sentence);
    if (d.summary)
      for (const Problem& p : d.summary->problems) out += fmt::format("{}: {}\n", p.kind, folded(p.says, p.kind.size() + 2));
    out += report_text(*d.report, d.findings, {look.color, d.windows, look.all_rules, look.findings_per_rule},
                       d.summary ? d.summary->only_problems : std::vector<bool>());
    if (d.summary) out += hosts_as_text(*d.summary, look);
    const auto failed = std::find_if(d.outcomes.begin(), d.outcomes.end(), [](const RuleOutcome& o) { return o.outcome == Outcome::fail; });
    for (const RuleOutcome& o : d.outcomes)
      if (o.outcome == Outcome::known) out += fmt::format("known: {} {}\n", o.rule->rule->info.id, folded(o.why, 15));
    if (failed == d.outcomes.end() || d.windows) continue;
    const auto first = std::find_if(d.findings.begin(), d.findings.end(), [&](const Finding& f) { return f.rule == failed->rule; });
    const bool elsewhere = first != d.findings.end() && !first->trace.empty();
    out += fmt::format("next: mirrorscope check --explain {}\n", elsewhere ? first->trace : shown(d.path));
  }
  return out;
}

}  // namespace mirrorscope
