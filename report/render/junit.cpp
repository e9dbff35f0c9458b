// SPDX-License-Identifier: Apache-2.0
// A report as JUnit XML: a suite per trace, a test case per rule, its class the area of the rule.
#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>

#include "report/explain/explain.h"
#include "report/folding.h"
#include "report/render/format.h"
#include "report/render/hosts.h"

namespace mirrorscope {

namespace {
std::string detail(const Document& d, const RuleOutcome& o, uint32_t limit) {
  const RuleInfo& info = o.rule->rule->info;
  std::string text;
  for (const Finding& f : d.findings) {
    if (f.rule != o.rule || f.number > limit) continue;
    text += d.windows ? explain(f, d.windows->of(*f.what), *d.report) + "\n" : fmt::format("{}: {}\n{}", f.id, f.what->what, f.seen.empty() ? "" : f.seen + "\n");
  }
  return text + fmt::format("rule: {}\nsource: {}\nlook at: {}\n", info.says, info.because, info.look_at);
}

void add_case(pugi::xml_node suite, const Document& d, const RuleOutcome& o, const Look& look) {
  const RuleInfo& info = o.rule->rule->info;
  pugi::xml_node test = suite.append_child("testcase");
  test.append_attribute("classname") = fmt::format("mirrorscope.{}", info.id.substr(0, info.id.find('-'))).c_str();
  test.append_attribute("name") = fmt::format("{} {}", info.id, info.name).c_str();
  const auto say = [&](const char* element, std::string_view type, const std::string& text) {
    pugi::xml_node node = test.append_child(element);
    node.append_attribute("message") = o.why.c_str();
    if (!type.empty()) node.append_attribute("type") = std::string(type).c_str();
    if (!text.empty()) node.text() = text.c_str();
  };
  switch (o.outcome) {
    case Outcome::fail: return say("failure", to_string(info.level), detail(d, o, look.findings_per_rule));
    case Outcome::unclear: return say("error", to_string(o.rule->verdict), detail(d, o, look.findings_per_rule));
    case Outcome::skip:
    case Outcome::unused: return say("skipped", {}, {});
    case Outcome::known:
    case Outcome::tolerated:
      test.append_child("system-out").text() =
          fmt::format("does not count: {}\n{}", o.why, detail(d, o, look.findings_per_rule)).c_str();
      return;
    case Outcome::pass: return;
  }
}

// Of a merged result: a test case per problem, and one per host that says how bad it is there.
void add_whole(pugi::xml_node suite, const Summary& summary) {
  for (const Problem& p : summary.problems) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = "mirrorscope.merge";
    test.append_attribute("name") = fmt::format("{} {}", p.kind, p.name).c_str();
    pugi::xml_node error = test.append_child("error");
    error.append_attribute("message") = p.says.c_str();
    error.append_attribute("type") = std::string(p.kind).c_str();
  }
  const HostTable table = host_table(summary, true);
  for (const auto& row : table.rows) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = "mirrorscope.hosts";
    test.append_attribute("name") = row[0].c_str();
    std::string text;
    for (size_t c = 1; c < HostTable::kColumns; ++c) text += fmt::format("{}: {}\n", HostTable::kHead[c], row[c]);
    test.append_child("system-out").text() = text.c_str();
  }
}

struct Counts {
  size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  void add(const Document& d) {
    for (const RuleOutcome& o : d.outcomes) {
      ++tests;
      failures += o.outcome == Outcome::fail;
      errors += o.outcome == Outcome::unclear;
      skipped += o.outcome == Outcome::skip || o.outcome == Outcome::unused;
    }
    if (!d.summary) return;
    tests += d.summary->problems.size() + d.summary->hosts.size();
    errors += d.summary->problems.size();
  }
  void write(pugi::xml_node node) const {
    node.append_attribute("tests") = static_cast<unsigned long long>(tests);
    node.append_attribute("failures") = static_cast<unsigned long long>(failures);
    node.append_attribute("errors") = static_cast<unsigned long long>(errors);
    node.append_attribute("skipped") = static_cast<unsigned long long>(skipped);
  }
};
}  // namespace

std::string to_junit(std::span<const Document> documents, const Look& look) {
  pugi::xml_document xml;
  pugi::xml_node suites = xml.append_child("testsuites");
  suites.append_attribute("name") = "mirrorscope check";
  Counts all;
  for (const Document& d : documents) all.add(d);
  all.write(suites);
  for (const Document& d : documents) {
    pugi::xml_node suite = suites.append_child("testsuite");
    suite.append_attribute("name") = d.trace.c_str();
    Counts one;
    one.add(d);
    one.write(suite);
    pugi::xml_node properties = suite.append_child("properties");
    for (const auto& [name, value] : {std::pair{"kernel", d.kernel}, std::pair{"recorder", d.recorder},
                                      std::pair{"records", std::to_string(d.report->records)},
                                      std::pair{"lost", std::to_string(d.report->lost)}}) {
      pugi::xml_node property = properties.append_child("property");
      property.append_attribute("name") = name;
      property.append_attribute("value") = value.c_str();
    }
    for (const RuleOutcome& o : d.outcomes) add_case(suite, d, o, look);
    if (d.summary) add_whole(suite, *d.summary);
  }
  std::ostringstream out;
  xml.save(out, "  ");
  return std::move(out).str();
}

}  // namespace mirrorscope
