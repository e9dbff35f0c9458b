// SPDX-License-Identifier: Apache-2.0
// A report as Markdown for a merge request: one line of result, a table of what is not right, the findings folded away.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "report/explain/explain.h"
#include "report/folding.h"
#include "report/render/format.h"
#include "report/render/hosts.h"

namespace mirrorscope {

namespace {
// Text between the marks of Markdown. "@name" and "#1" are looked for in what was rendered: a comment stands between.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\|<>*_`[]~&").find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@' || c == '#') out += "<!-- -->";
  }
  return out;
}

// A fence that nothing in the text ends: longer than every run of its own mark.
std::string fenced(std::string_view text) {
  size_t longest = 2, run = 0;
  for (const char c : text) {
    run = c == '~' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '~');
  return fmt::format("{0}text\n{1}{0}\n", fence, text);
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::fail: return "**violated**";
    case Outcome::unclear: return "**unclear**";
    case Outcome::known: return "known";
    case Outcome::tolerated: return "noted";
    case Outcome::pass: return "holds";
    case Outcome::skip: return "not observable";
    case Outcome::unused: return "never exercised";
  }
  return "?";
}

void say_findings(std::string& out, const Document& d, const RuleOutcome& o, const Look& look) {
  const RuleInfo& info = o.rule->rule->info;
  for (const Finding& f : d.findings) {
    if (f.rule != o.rule || f.number > look.findings_per_rule) continue;
    out += fmt::format("\n<details><summary>{} {}{}</summary>\n\n", f.id, info.name, f.known ? " (known)" : "");
    if (d.windows)
      out += fenced(explain(f, d.windows->of(*f.what), *d.report));
    else
      out += fmt::format("{}\n\n{}Rule: {}. Source: {}. Look at: {}.\n", cell(f.what->what), f.seen.empty() ? "" : cell(f.seen) + "\n\n", cell(info.says), cell(info.because),
                         cell(info.look_at));
    out += "\n</details>\n";
  }
}
void say_whole(std::string& out, const Summary& summary, const Look& look) {
  if (!summary.problems.empty()) out += "\n";
  for (const Problem& p : summary.problems) out += fmt::format("- **{}**: {}\n", p.kind, cell(p.says));
  const HostTable table = host_table(summary, look.all_rules);
  out += fmt::format("\n| {} |\n|", fmt::join(HostTable::kHead, " | "));
  for (size_t c = 0; c < HostTable::kColumns; ++c) out += "---|";
  out += "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const std::string& text : row) out += fmt::format(" {} |", cell(text));
    out += "\n";
  }
  if (table.left_out) out += fmt::format("\nand {} more hosts\n", table.left_out);
}
}  // namespace

std::string to_markdown(std::span<const Document> documents, const Look& look) {
  std::string out;
  for (const Document& d : documents) {
    std::array<size_t, kOutcomes> count{};
    for (const RuleOutcome& o : d.outcomes) ++count[static_cast<size_t>(o.outcome)];
    const auto of = [&count](Outcome o) { return count[static_cast<size_t>(o)]; };
    out += fmt::format("### mirrorscope: {}\n\n{} violated, {} unclear, {} known, {} noted, {} hold, {} never exercised, {} not observable. {} records of kernel {}, {} lost.\n",
                       cell(d.trace), of(Outcome::fail), of(Outcome::unclear), of(Outcome::known), of(Outcome::tolerated),
                       of(Outcome::pass), of(Outcome::unused), of(Outcome::skip), grouped(d.report->records), cell(d.kernel), grouped(d.report->lost));
    if (d.summary) say_whole(out, *d.summary, look);
    if (of(Outcome::fail) + of(Outcome::unclear) + of(Outcome::known) + of(Outcome::tolerated) == 0) continue;
    out += "\n| rule | result | level | why |\n|---|---|---|---|\n";
    for (const RuleOutcome& o : d.outcomes)
      if (o.outcome != Outcome::pass && o.outcome != Outcome::skip && o.outcome != Outcome::unused)
        out += fmt::format("| {} {} | {} | {} | {} |\n", o.rule->rule->info.id, cell(o.rule->rule->info.name), word(o.outcome),
                           to_string(o.rule->rule->info.level), cell(o.why));
    for (const RuleOutcome& o : d.outcomes) say_findings(out, d, o, look);
  }
  return out;
}

}  // namespace mirrorscope
