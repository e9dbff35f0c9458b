// SPDX-License-Identifier: Apache-2.0
// How a report becomes text: the verdict first, then what was broken, by whom, with the events that prove it.
#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/timeline.h"
#include "schema/catalog.h"

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
    case Verdict::not_observable: return "2";
  }
  return "0";
}

std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

// Folds a text at 80 columns behind an indentation.
std::string folded(std::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (column > indent && column + word.size() + 1 > 80) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out;
}

void say_losses(std::string& out, const Report& report) {
  if (report.losses.empty() && report.settled) {
    out += "nothing lost\n";
    return;
  }
  out += fmt::format("{} records missing", grouped(report.lost));
  if (report.repaired) out += fmt::format(", {} of them known from the other half of their pair", grouped(report.repaired));
  out += "\n";
  for (const LossCount& l : report.losses) {
    const EventInfo* row = event_info(l.event);
    out += fmt::format("  {:>10}  {}{}{}\n", grouped(l.count), label_of(catalog::enum_loss, l.cause), row ? " of " : "",
                       row ? row->name : "");
  }
  if (!report.settled) out += "  the recorder was stopped before it could count what it missed at the end\n";
}

void say_finding(std::string& out, const Candidate& c, const Report& report, const TextOptions& options,
                 const RecordFinder& find) {
  out += fmt::format("    {}\n", folded(c.what, 4));
  out += fmt::format("    at {} by {} ({}/{}) on CPU {}", clock_text(c.completing.time), report.names.task(c.tid), c.tgid, c.tid,
                     c.completing.cpu);
  if (c.fn) out += fmt::format(", callback {}", report.names.symbol(c.fn));
  out += "\n";
  if (options.explain) out += timeline(c, report, find);
}

void say_rule(std::string& out, const RuleResult& r, const Report& report, const TextOptions& options, const RecordFinder& find,
              const Paint& paint) {
  const RuleInfo& info = r.rule->info;
  out += fmt::format("\n{} {}  {}  {}\n", paint(color_of(r.verdict), to_string(r.verdict)), info.id, info.name,
                     info.level == Level::hard ? "" : fmt::format("({})", to_string(info.level)));
  out += fmt::format("  {}\n", folded(info.says, 2));
  if (!r.reason.empty()) out += fmt::format("  {}\n", folded(r.reason, 2));
  const auto& list = r.verdict == Verdict::violated ? r.findings : r.suspects;
  const uint64_t total = r.verdict == Verdict::violated ? r.broken : r.doubtful;
  size_t shown = 0;
  for (const Candidate& c : list) {
    if (shown++ == options.findings_per_rule) break;
    out += fmt::format("\n  {} of {}:\n", shown, grouped(total));
    say_finding(out, c, report, options, find);
  }
  if (r.verdict != Verdict::violated) return;
  out += fmt::format("\n  source:  {}\n", folded(info.because, 11));
  out += fmt::format("  look at: {}\n", folded(info.look_at, 11));
}
}  // namespace

std::string to_text(const Report& report, const TextOptions& options, const RecordFinder& find) {
  const Paint paint{options.color};
  std::string out;
  const double seconds = static_cast<double>(report.last_time - report.first_time) / 1e9;
  out += fmt::format("{} records over {:.1f} s, ", grouped(report.records), seconds);
  say_losses(out, report);

  for (Verdict v : {Verdict::violated, Verdict::inconclusive})
    for (const RuleResult& r : report.rules)
      if (r.verdict == v) say_rule(out, r, report, options, find, paint);

  size_t count[4] = {};
  for (const RuleResult& r : report.rules) ++count[static_cast<size_t>(r.verdict)];

  if (options.all_rules || count[0]) out += "\n";
  for (const RuleResult& r : report.rules) {
    if (r.verdict == Verdict::holds)
      out += fmt::format("{}  {:7} {:28} {}\n", paint("32", "holds"), r.rule->info.id, r.rule->info.name,
                         r.held ? fmt::format("{} occasions", grouped(r.held)) : "no occasion to be wrong");
  }
  if (count[static_cast<size_t>(Verdict::not_observable)]) {
    out += "\nnot observable here:\n";
    for (const RuleResult& r : report.rules)
      if (r.verdict == Verdict::not_observable)
        out += fmt::format("  {:7} {:28} {}\n", r.rule->info.id, r.rule->info.name, options.all_rules ? folded(r.reason, 39) : r.reason.substr(0, r.reason.find(';')));
  }
  size_t level[3] = {};
  for (const RuleResult& r : report.rules)
    if (r.verdict == Verdict::violated) ++level[static_cast<size_t>(r.rule->info.level)];
  const std::string soft = level[1] + level[2] ? fmt::format(" ({} hard, {} hazards, {} smells)", level[0], level[1], level[2]) : "";
  out += fmt::format("\n{} violated{}, {} inconclusive, {} hold, {} not observable\n", count[1], soft, count[2], count[0], count[3]);
  return out;
}

}  // namespace mirrorscope
