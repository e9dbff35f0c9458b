// SPDX-License-Identifier: Apache-2.0
// A merged result as JSON: what the parts say as a whole in the fields of check, and the parts themselves, so that it can be merged again.
#include <fmt/format.h>

#include "report/result/part_json.h"
#include "report/result/result_file.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

Json sightings_json(const std::vector<Sighting>& sightings) {
  Json list = Json::array();
  for (const Sighting& s : sightings) {
    Json one{{"key", s.key}, {"count", s.count}, {"traces", s.traces}, {"what", s.what}, {"trace", s.trace}, {"host", s.host},
             {"time", s.time}, {"tid", s.tid}, {"tgid", s.tgid}, {"task", s.task}};
    if (!s.callback.empty()) one["callback"] = s.callback;
    list.push_back(std::move(one));
  }
  return list;
}

Json verdicts_json(const Summary::ByVerdict& count) {
  Json out = Json::object();
  for (size_t i = 0; i < kVerdicts; ++i)
    if (count[i]) out[std::string(to_string(static_cast<Verdict>(i)))] = count[i];
  return out;
}

Json rules_json(const Summary& s) {
  Json list = Json::array();
  for (size_t i = 0; i < s.total.rules.size(); ++i) {
    const RulePart& r = s.total.rules[i];
    list.push_back({{"id", std::string(r.rule->info.id)},
                    {"name", std::string(r.rule->info.name)},
                    {"level", std::string(to_string(r.rule->info.level))},
                    {"verdict", std::string(to_string(r.verdict))},
                    {"reason", r.reason},
                    {"held", r.held},
                    {"unknown", r.unknown},
                    {"broken", r.broken},
                    {"doubtful", r.doubtful},
                    {"all_causes", r.all_causes},
                    {"traces", verdicts_json(s.verdicts[i])},
                    {"findings", sightings_json(r.findings)},
                    {"suspects", sightings_json(r.suspects)}});
  }
  return list;
}

Json hosts_json(const Summary& s) {
  Json list = Json::array();
  for (const HostRow& h : s.hosts) {
    Json traces = Json::array();
    for (const Part* p : h.parts) traces.push_back(p->trace.path);
    list.push_back({{"host", h.host}, {"kernels", h.kernels}, {"violated", {{"hard", h.violated[0]}, {"hazard", h.violated[1]}, {"smell", h.violated[2]}}},
                    {"inconclusive", h.inconclusive}, {"failed", h.failed}, {"records", h.records}, {"lost", h.lost}, {"traces", std::move(traces)}});
  }
  return list;
}
}  // namespace

std::string merged_json(const Merged& merged, const Summary& s, std::string_view version) {
  Json out{{"format", "mirrorscope-merged-1"},
           {"result", {{"version", kResultVersion}, {"mirrorscope", std::string(version)}, {"traces", s.parts.size()}, {"judged", s.judged},
                       {"hosts", s.hosts.size()}, {"boots", s.boots}}}};
  out["problems"] = Json::array();
  for (const Problem& p : s.problems) out["problems"].push_back({{"kind", std::string(p.kind)}, {"name", p.name}, {"says", p.says}});
  out["hosts"] = hosts_json(s);
  out["records"] = s.total.records;
  out["duration"] = s.total.last_time;
  out["lost"] = s.total.lost;
  out["repaired"] = s.total.repaired;
  out["settled"] = s.total.settled;
  out["ended"] = s.total.ended;
  out["blind"] = s.total.blind;
  out["losses"] = losses_json(s.total.losses);
  out["events"] = Json::object();
  for (const auto& [event, n] : s.total.events) out["events"][event] = n;
  out["rules"] = rules_json(s);
  out["latencies"] = calls_json(s.total.latencies);
  out["costs"] = costs_json(s.total.costs);
  out["expected"] = Json::array();
  for (const Expected& e : merged.expected()) {
    out["expected"].push_back({{"name", e.name}});
    if (e.exit) out["expected"].back()["exit"] = *e.exit;
  }
  out["unreadable"] = Json::array();
  for (const Unreadable& u : merged.unreadable()) {
    out["unreadable"].push_back({{"file", u.file}, {"why", u.why}});
    if (u.other_version) out["unreadable"].back()["other_version"] = true;
  }
  // a line per part: what differs between two merged results is seen line by line
  std::string text = out.dump(1);
  text.resize(text.size() - 2);  // "\n}"
  text += ",\n \"parts\": [";
  for (size_t i = 0; i < s.parts.size(); ++i) text += fmt::format("{}\n  {}", i ? "," : "", part_json(*s.parts[i]).dump());
  return text + (s.parts.empty() ? "]\n}\n" : "\n ]\n}\n");
}

}  // namespace mirrorscope
