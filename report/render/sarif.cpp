// SPDX-License-Identifier: Apache-2.0
// A report as SARIF 2.1.0: a run per trace, every rule with its help, one result per distinct finding, the evidence as a code flow.
//
// A recording has no source lines. The place of a result is the first line of the trace's metadata, because code scanning shows no
// result without a line, and as logical location the callback; the functions of the invalidation are its stack. Verdicts that are no finding are notifications: code scanning would take a result for an alert.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "report/explain/explain.h"
#include "report/render/format.h"
#include "report/render/uri.h"
#include "report/result/merged.h"
#include "report/values.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

Json text_of(std::string_view text) { return {{"text", std::string(text)}}; }

std::string_view level_of(Level level) {
  switch (level) {
    case Level::hard: return "error";
    case Level::hazard: return "warning";
    case Level::smell: return "note";
  }
  return "none";
}

Json rule_json(const RuleDef& def) {
  const RuleInfo& i = def.info;
  const std::string help = fmt::format("{}\n\nSource: {}\n\nNot claimed: {}\n\nLook at: {}", i.says, i.because, i.not_claimed, i.look_at);
  return {{"id", std::string(i.id)},
          {"name", std::string(i.name)},
          {"shortDescription", text_of(i.says)},
          {"fullDescription", text_of(fmt::format("{}. {}", i.says, i.because))},
          {"help", {{"text", help},
                    {"markdown", fmt::format("**{}**\n\n- **Source:** {}\n- **Not claimed:** {}\n- **Look at:** {}\n", i.says,
                                             i.because, i.not_claimed, i.look_at)}}},
          {"defaultConfiguration", {{"level", std::string(level_of(i.level))}}},
          {"properties", {{"tags", Json::array({"mmu-notifier", std::string(to_string(i.party))})},
                          {"mirrorscope/level", std::string(to_string(i.level))}}}};
}

Json logical(std::string_view function) { return {{"fullyQualifiedName", std::string(function)}, {"kind", "function"}}; }

Json location_of(const std::string& trace, std::string_view function) {
  Json place{{"physicalLocation", {{"artifactLocation", {{"uri", uri_of(trace + "/metadata")}}}, {"region", {{"startLine", 1}}}}}};
  if (!function.empty()) place["logicalLocations"] = Json::array({logical(function)});
  return place;
}

// The evidence, one flow per task, in the order of time.
Json code_flow(const Document& d, const Finding& f) {
  std::map<uint32_t, Json> flows;
  int order = 0;
  for (const Evidence& e : f.what->evidence) {
    const ev_header* h = d.find ? d.find(e.event) : nullptr;
    if (!h) continue;
    Json place = location_of(d.path, function_of(*h, d.report->names));
    place["message"] = text_of(fmt::format("{}: {}", event_info(h->id)->name, e.role));
    Json& flow = flows[h->tid];
    if (flow.is_null()) {
      flow["id"] = std::to_string(h->tid);
      flow["message"] = text_of(fmt::format("{} ({}/{})", d.report->names.task(h->tid), h->tgid, h->tid));
      flow["locations"] = Json::array();
    }
    flow["locations"].push_back({{"location", place}, {"executionOrder", ++order}});
  }
  Json out{{"threadFlows", Json::array()}};
  for (auto& [tid, flow] : flows) out["threadFlows"].push_back(std::move(flow));
  return out;
}

Json stack_of(const Document& d, const Finding& f) {
  for (const Evidence& e : f.what->evidence) {
    const ev_header* h = e.event.id == EV_inv_start && d.find ? d.find(e.event) : nullptr;
    if (!h) continue;
    Json frames = Json::array();
    for (const std::string& frame : d.report->names.stack(reinterpret_cast<const ev_inv_start*>(h)->stack))
      frames.push_back({{"location", {{"logicalLocations", Json::array({logical(frame)})}}}});
    if (!frames.empty()) return {{"message", text_of("who invalidated")}, {"frames", frames}};
  }
  return nullptr;
}

Json result_of(const Document& d, const Finding& f, size_t occurrences, size_t index) {
  const RuleInfo& info = f.rule->rule->info;
  Json out{{"ruleId", std::string(info.id)},
           {"ruleIndex", index},
           {"kind", "fail"},
           {"level", std::string(level_of(info.level))},
           {"message", text_of(f.what->what)},
           {"locations", Json::array({location_of(f.trace.empty() ? d.path : f.trace, f.what->fn ? d.report->names.symbol(f.what->fn) : "")})},
           {"occurrenceCount", occurrences},
           {"partialFingerprints", {{"mirrorscope/v1", f.key}}}};
  if (Json flow = code_flow(d, f); !flow["threadFlows"].empty()) out["codeFlows"] = Json::array({flow});
  if (Json stack = stack_of(d, f); !stack.is_null()) out["stacks"] = Json::array({stack});
  if (d.has_baseline) out["baselineState"] = f.known ? "unchanged" : "new";
  out["properties"] = {{"finding", f.id}, {"timeNs", f.what->completing.time}};
  if (!f.seen.empty()) out["properties"]["seen"] = f.seen;
  if (d.windows)
    if (const Window w = d.windows->of(*f.what); !w.rows.empty()) out["properties"]["explanation"] = explain(f, w, *d.report);
  return out;
}

Json notifications(const Document& d) {
  Json list = Json::array();
  const auto rules = all_rules();
  for (const RuleOutcome& o : d.outcomes) {
    const Verdict v = o.rule->verdict;
    if (v != Verdict::inconclusive && v != Verdict::not_observable && v != Verdict::never_exercised && o.outcome != Outcome::unclear) continue;
    const auto index = std::find(rules.begin(), rules.end(), o.rule->rule) - rules.begin();
    list.push_back({{"level", o.outcome == Outcome::unclear ? "warning" : "note"},
                    {"message", text_of(fmt::format("{} is {}: {}", o.rule->rule->info.id, to_string(o.rule->verdict), o.why))},
                    {"associatedRule", {{"id", std::string(o.rule->rule->info.id)}, {"index", index}}}});
  }
  if (d.summary)
    for (const Problem& p : d.summary->problems) list.push_back({{"level", "warning"}, {"message", text_of(p.says)}});
  for (const std::string& sentence : d.damage) list.push_back({{"level", "warning"}, {"message", text_of(sentence)}});
  return list;
}

Json run_of(const Document& d) {
  Json rules = Json::array();
  std::map<const RuleDef*, size_t> index;
  for (const RuleDef* def : all_rules()) {
    index[def] = rules.size();
    rules.push_back(rule_json(*def));
  }
  std::map<std::string, size_t> occurrences;
  for (const Finding& f : d.findings) occurrences[f.key] += f.what->count;
  Json results = Json::array();
  for (const Finding& f : d.findings) {
    if (f.rule->verdict != Verdict::violated || !occurrences[f.key]) continue;
    results.push_back(result_of(d, f, occurrences[f.key], index.at(f.rule->rule)));
    occurrences[f.key] = 0;  // said
  }
  Json run{{"tool", {{"driver", {{"name", "mirrorscope"}, {"rules", rules}}}}},
           {"invocations", Json::array({{{"executionSuccessful", true}, {"toolExecutionNotifications", notifications(d)}}})},
           {"results", results},
           {"properties", {{"kernel", d.kernel}, {"recorder", d.recorder}, {"records", d.report->records}, {"lost", d.report->lost}}}};
  if (!d.version.empty()) run["tool"]["driver"]["version"] = d.version;
  return run;
}
}  // namespace

std::string to_sarif(std::span<const Document> documents, const Look&) {
  Json log{{"version", "2.1.0"}, {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"runs", Json::array()}};
  for (const Document& d : documents) log["runs"].push_back(run_of(d));
  return log.dump(2) + "\n";
}

}  // namespace mirrorscope
