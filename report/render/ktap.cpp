// SPDX-License-Identifier: Apache-2.0
// A report as KTAP (Documentation/dev-tools/ktap.rst): a test per trace, a subtest per rule.
#include <fmt/format.h>

#include <algorithm>

#include "report/render/format.h"
#include "report/result/merged.h"

namespace mirrorscope {

namespace {
// '#' begins a directive.
std::string no_directive(std::string text) {
  std::replace(text.begin(), text.end(), '#', ' ');
  return text;
}

void say_rule(std::string& out, size_t number, const Document& d, const RuleOutcome& o, uint32_t limit) {
  const RuleInfo& info = o.rule->rule->info;
  const bool ok = o.outcome != Outcome::fail && o.outcome != Outcome::unclear;
  const bool skipped = o.outcome == Outcome::skip || o.outcome == Outcome::unused;
  if (o.outcome != Outcome::pass && !skipped) {
    out += fmt::format("    # {}: {}{}\n", info.id, ok ? "does not count: " : "", no_directive(o.why));
    for (const Finding& f : d.findings)
      if (f.rule == o.rule && f.number <= limit) {
        out += fmt::format("    # {}: {}\n", f.id, no_directive(f.what->what));
        if (!f.seen.empty()) out += fmt::format("    # {}\n", no_directive(f.seen));
      }
  }
  out += fmt::format("    {} {} {} {}", ok ? "ok" : "not ok", number, info.id, info.name);
  if (skipped) out += fmt::format(" # SKIP {}", no_directive(o.why));
  out += "\n";
}
}  // namespace

std::string to_ktap(std::span<const Document> documents, const Look& look) {
  std::string out = fmt::format("KTAP version 1\n1..{}\n", documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    const Document& d = documents[i];
    out += fmt::format("    KTAP version 1\n    # Subtest: {}\n    1..{}\n", no_directive(d.trace),
                       d.outcomes.size() + (d.summary ? d.summary->problems.size() : 0));
    bool ok = true;
    for (size_t n = 0; n < d.outcomes.size(); ++n) {
      const Outcome outcome = d.outcomes[n].outcome;
      ok = ok && outcome != Outcome::fail && outcome != Outcome::unclear;
      say_rule(out, n + 1, d, d.outcomes[n], look.findings_per_rule);
    }
    if (d.summary)
      for (size_t n = 0; n < d.summary->problems.size(); ++n) {
        const Problem& p = d.summary->problems[n];
        ok = false;
        out += fmt::format("    # {}\n    not ok {} {} {}\n", no_directive(p.says), d.outcomes.size() + n + 1, p.kind, no_directive(p.name));
      }
    out += fmt::format("{} {} {}\n", ok ? "ok" : "not ok", i + 1, no_directive(d.trace));
  }
  return out;
}

}  // namespace mirrorscope
