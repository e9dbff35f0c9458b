// SPDX-License-Identifier: Apache-2.0
// A report as workflow commands of GitHub Actions: what fails is an error, what is only noted is a notice.
#include <fmt/format.h>

#include <array>

#include "report/render/format.h"
#include "report/result/merged.h"

namespace mirrorscope {

namespace {
// What stands in a message, and in a property, where ':' and ',' end it.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string_view command_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::fail: return "error";
    case Outcome::unclear: return "warning";
    case Outcome::known:
    case Outcome::tolerated: return "notice";
    case Outcome::pass:
    case Outcome::skip:
    case Outcome::unused: break;
  }
  return {};
}
}  // namespace

std::string to_github(std::span<const Document> documents, const Look& look) {
  std::string out;
  for (const Document& d : documents) {
    if (d.summary)
      for (const Problem& p : d.summary->problems) out += fmt::format("::warning title={}::{}\n", escaped(p.kind, true), escaped(p.says, false));
    std::array<size_t, kOutcomes> count{};
    for (const RuleOutcome& o : d.outcomes) {
      ++count[static_cast<size_t>(o.outcome)];
      const std::string_view command = command_of(o.outcome);
      if (command.empty()) continue;
      const RuleInfo& info = o.rule->rule->info;
      std::string message = fmt::format("{}: {}\n", d.trace, o.why);
      for (const Finding& f : d.findings)
        if (f.rule == o.rule && f.number <= look.findings_per_rule) message += fmt::format("{}: {}\n{}", f.id, f.what->what, f.seen.empty() ? "" : f.seen + "\n");
      message += fmt::format("look at: {}\nsource: {}", info.look_at, info.because);
      out += fmt::format("::{} title={}::{}\n", command, escaped(fmt::format("{} {}", info.id, info.name), true), escaped(message, false));
    }
    out += fmt::format("{}: {} fail, {} unclear, {} known or tolerated, {} pass, {} never exercised, {} not observable\n", d.trace,
                       count[static_cast<size_t>(Outcome::fail)], count[static_cast<size_t>(Outcome::unclear)],
                       count[static_cast<size_t>(Outcome::known)] + count[static_cast<size_t>(Outcome::tolerated)],
                       count[static_cast<size_t>(Outcome::pass)], count[static_cast<size_t>(Outcome::unused)],
                       count[static_cast<size_t>(Outcome::skip)]);
  }
  return out;
}

}  // namespace mirrorscope
