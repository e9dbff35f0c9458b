// SPDX-License-Identifier: Apache-2.0
// How a comparison is written: for people, for programs, for a merge request, for CI.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "report/compare/json.h"
#include "report/folding.h"
#include "report/render/markdown_cell.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

std::string time_text(double ns) {
  for (const auto& [size, name] : {std::pair(1e9, "s"), std::pair(1e6, "ms"), std::pair(1e3, "us")})
    if (ns >= size) return fmt::format("{:.3g} {}", ns / size, name);
  return fmt::format("{:.3g} ns", ns);
}

std::string value_text(const NumberChange& n, double value) {
  switch (n.unit) {
    case Unit::ns: return time_text(value);
    case Unit::share: return fmt::format("{:.3g} %", 100 * value);
    case Unit::per_work: return fmt::format("{:.3g} each", value);
    case Unit::per_second: return fmt::format("{:.4g}/s", value);
  }
  return "?";
}

std::string percent(double by) { return std::isfinite(by) ? fmt::format("{:+.1f} %", 100 * by) : std::string(by > 0 ? "new" : "?"); }

std::string change_text(const NumberChange& n) {
  if (!std::isfinite(n.difference.by)) return "there was none before";
  return fmt::format("{} ({} to {})", percent(n.difference.by), percent(n.difference.from), percent(n.difference.until));
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::ns: return "ns";
    case Unit::share: return "share";
    case Unit::per_work: return "per_work";
    case Unit::per_second: return "per_second";
  }
  return "?";
}

std::string side_text(const Comparison::Of& side) {
  std::string out = side.runs == 1 ? "1 run" : fmt::format("{} runs", side.runs);
  if (side.lost) out += fmt::format(", {} of {} records lost", grouped(side.lost), grouped(side.records + side.lost));
  return out;
}

std::string finding_text(const FindingChange& f, const Comparison& c) {
  const Sighting& s = f.sighting;
  return fmt::format("{} ({}, {} in {})", s.what, s.key, s.count == 1 ? "once" : fmt::format("{} times", grouped(s.count)),
                     of_traces(s.traces, f.is_new ? c.after.runs : c.before.runs));
}

std::string rule_text(const RuleDef& rule) {
  return fmt::format("{} {}{}", rule.info.id, rule.info.name, rule.info.level == Level::hard ? "" : fmt::format(" ({})", to_string(rule.info.level)));
}

std::string noise_text(const Comparison& c) {
  return fmt::format("{} numbers were compared{}, {} of which there was too little could not be; with no difference at all, one run in {:.0f} would name one",
                     c.compared, c.work.empty() ? ", per second" : fmt::format(", rates per {}", c.work), c.too_few, 1 / Comparison::kChance);
}

bool nothing(const Comparison& c) { return c.verdicts.empty() && c.findings.empty() && c.numbers.empty(); }

std::string to_text(const Comparison& c, const ComparisonText& t) {
  std::string out = fmt::format("before: {}, {}\nafter:  {}, {}\n", t.before, side_text(c.before), t.after, side_text(c.after));
  for (const std::string& sentence : c.problems) out += fmt::format("problem: {}\n", folded(sentence, 9));
  if (!c.verdicts.empty()) out += "\nverdicts that changed:\n";
  for (const VerdictChange& v : c.verdicts) out += fmt::format("  {}: {} -> {}\n", rule_text(*v.rule), to_string(v.before), to_string(v.after));
  for (const bool is_new : {true, false}) {
    bool any = false;
    for (const FindingChange& f : c.findings) {
      if (f.is_new != is_new) continue;
      if (!any) out += is_new ? "\nnew findings:\n" : "\nfindings that are gone:\n";
      any = true;
      out += fmt::format("  {}\n", folded(finding_text(f, c), 4));
    }
  }
  if (!c.numbers.empty()) out += "\nnumbers that differ by more than noise, largest first:\n";
  for (const NumberChange& n : c.numbers)
    out += fmt::format("  {}\n    {} -> {}, {}\n", n.name, value_text(n, n.before), value_text(n, n.after), change_text(n));
  if (nothing(c)) out += "\nno difference that is more than noise\n";
  return out + fmt::format("\n{}\n", folded(noise_text(c), 0));
}

std::string to_markdown(const Comparison& c, const ComparisonText& t) {
  std::string out = fmt::format("### mirrorscope: {} against {}\n\n", markdown_cell(t.after), markdown_cell(t.before));
  out += fmt::format("- before: {}\n- after: {}\n", side_text(c.before), side_text(c.after));
  for (const std::string& sentence : c.problems) out += fmt::format("- **problem**: {}\n", markdown_cell(sentence));
  if (nothing(c)) out += "No difference that is more than noise.\n";
  if (!c.verdicts.empty()) out += "\n| rule | before | after |\n|---|---|---|\n";
  for (const VerdictChange& v : c.verdicts) out += fmt::format("| {} | {} | {} |\n", markdown_cell(rule_text(*v.rule)), to_string(v.before), to_string(v.after));
  if (!c.findings.empty()) out += "\n| | finding |\n|---|---|\n";
  for (const FindingChange& f : c.findings) out += fmt::format("| {} | {} |\n", f.is_new ? "**new**" : "gone", markdown_cell(finding_text(f, c)));
  if (!c.numbers.empty()) out += "\n| number | before | after | change |\n|---|---|---|---|\n";
  for (const NumberChange& n : c.numbers)
    out += fmt::format("| {} | {} | {} | {} |\n", markdown_cell(n.name), value_text(n, n.before), value_text(n, n.after), change_text(n));
  return out + fmt::format("\n{}.\n", markdown_cell(noise_text(c)));
}

// What is not finite is no number of JSON.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json side_json(const std::string& name, const Comparison::Of& side) {
  return {{"name", name}, {"runs", side.runs}, {"records", side.records}, {"lost", side.lost}};
}

}  // namespace

Json comparison_json(const Comparison& c, const ComparisonText& t) {
  Json out{{"format", "mirrorscope-compare-1"}, {"before", side_json(t.before, c.before)}, {"after", side_json(t.after, c.after)},
           {"work", c.work.empty() ? Json(nullptr) : Json(c.work)}, {"compared", c.compared}, {"too_few", c.too_few}, {"problems", c.problems},
           {"verdicts", Json::array()}, {"findings", Json::array()}, {"numbers", Json::array()}};
  for (const VerdictChange& v : c.verdicts)
    out["verdicts"].push_back({{"rule", std::string(v.rule->info.id)}, {"level", std::string(to_string(v.rule->info.level))}, {"before", std::string(to_string(v.before))},
                               {"after", std::string(to_string(v.after))}, {"fails", fails(v, t.on)}});
  for (const FindingChange& f : c.findings)
    out["findings"].push_back({{"key", f.sighting.key}, {"change", f.is_new ? "new" : "gone"}, {"what", f.sighting.what}, {"count", f.sighting.count},
                               {"runs", f.sighting.traces}, {"trace", f.sighting.trace}, {"fails", fails(f, t.on)}});
  for (const NumberChange& n : c.numbers)
    out["numbers"].push_back({{"name", n.name}, {"unit", std::string(unit_name(n.unit))}, {"before", number(n.before)}, {"after", number(n.after)},
                              {"by", number(n.difference.by)}, {"from", number(n.difference.from)}, {"until", number(n.difference.until)},
                              {"chance", n.difference.chance}, {"worse", n.worse}, {"fails", fails(n, t.on)}});
  return out;
}

namespace {
std::string to_json(const Comparison& c, const ComparisonText& t) { return comparison_json(c, t).dump(2) + "\n"; }

std::string to_junit(const Comparison& c, const ComparisonText& t) {
  pugi::xml_document xml;
  pugi::xml_node suites = xml.append_child("testsuites");
  suites.append_attribute("name") = "mirrorscope compare";
  pugi::xml_node suite = suites.append_child("testsuite");
  suite.append_attribute("name") = fmt::format("{} against {}", t.after, t.before).c_str();
  unsigned tests = 0, failures = 0;
  const auto add = [&](const char* kind, const std::string& name, const std::string& text, bool failed) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = fmt::format("mirrorscope.compare.{}", kind).c_str();
    test.append_attribute("name") = name.c_str();
    ++tests;
    failures += failed;
    if (failed)
      test.append_child("failure").append_attribute("message") = text.c_str();
    else
      test.append_child("system-out").text() = text.c_str();
  };
  for (const VerdictChange& v : c.verdicts)
    add("verdict", rule_text(*v.rule), fmt::format("{} -> {}", to_string(v.before), to_string(v.after)), fails(v, t.on));
  for (const FindingChange& f : c.findings) add(f.is_new ? "new" : "gone", f.sighting.key, finding_text(f, c), fails(f, t.on));
  for (const NumberChange& n : c.numbers)
    add("number", n.name, fmt::format("{} -> {}, {}", value_text(n, n.before), value_text(n, n.after), change_text(n)), fails(n, t.on));
  add("noise", "everything else", noise_text(c), false);
  for (pugi::xml_node node : {suites, suite}) {
    node.append_attribute("tests") = tests;
    node.append_attribute("failures") = failures;
  }
  std::ostringstream out;
  xml.save(out, "  ");
  return std::move(out).str();
}

constexpr auto kFormats = std::to_array<ComparisonFormat>({{"text", "for people (default)", to_text},
                                                           {"markdown", "for a merge request or a job summary", to_markdown},
                                                           {"json", "for programs", to_json},
                                                           {"junit", "XML that GitLab and Jenkins show; what --fail-on names is a failure", to_junit}});
}  // namespace

std::span<const ComparisonFormat> all_comparison_formats() { return kFormats; }

}  // namespace mirrorscope
