// SPDX-License-Identifier: Apache-2.0
// What makes two findings the same: the rule, whose callback, why memory was invalidated, and which events prove it.
#include "report/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/values.h"
#include "schema/catalog.h"
#include "schema/meant.h"

namespace mirrorscope {

std::string key_of(const RuleResult& r, const Candidate& c, const Report& report, const RecordFinder& find) {
  std::string key(r.rule->info.id);
  std::string reason;
  std::string driver;
  std::string events;
  for (const Evidence& e : c.evidence) {
    const EventInfo* row = event_info(e.event.id);
    if (!row) continue;
    events += fmt::format("{}{}", events.empty() ? "" : ">", row->name);
    const ev_header* h = find ? find(e.event) : nullptr;
    if (!h) continue;
    if (const auto value = number_in(*h, "reason")) reason = label_of(catalog::enum_reason, static_cast<uint32_t>(*value));
    if (const auto value = number_in(*h, "driver")) driver = label_of(catalog::enum_driver, static_cast<uint32_t>(*value));
  }
  if (c.fn) driver = report.names.symbol(c.fn);
  for (const std::string& part : {driver, reason, events})
    if (!part.empty()) key += " " + part;
  return key;
}

std::vector<const RuleResult*> worst_first(const Report& report) {
  std::vector<const RuleResult*> rules;
  for (const RuleResult& r : report.rules) rules.push_back(&r);
  const auto place = [](const RuleResult* r) {
    const int verdict = r->verdict == Verdict::violated ? 0 : r->verdict == Verdict::inconclusive ? 1 : 2;
    return std::pair(verdict, verdict == 2 ? 0 : static_cast<int>(r->rule->info.level));
  };
  std::stable_sort(rules.begin(), rules.end(), [&](const RuleResult* a, const RuleResult* b) { return place(a) < place(b); });
  return rules;
}

std::vector<Finding> findings_of(const Report& report, const RecordFinder& find) {
  std::vector<Finding> list;
  for (const RuleResult* r : worst_first(report)) {
    if (r->verdict != Verdict::violated && r->verdict != Verdict::inconclusive) break;
    size_t number = 0;
    for (const Candidate& c : r->verdict == Verdict::violated ? r->findings : r->suspects) {
      ++number;
      list.push_back({r, &c, number, fmt::format("{}/{}", r->rule->info.id, number), key_of(*r, c, report, find)});
    }
  }
  return list;
}

const Finding* finding_named(const std::vector<Finding>& findings, std::string_view id) {
  for (const Finding& f : findings)
    if (same_name(f.id, id) || (f.number == 1 && same_name(f.rule->rule->info.id, id))) return &f;
  return nullptr;
}

}  // namespace mirrorscope
