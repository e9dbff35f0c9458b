// SPDX-License-Identifier: Apache-2.0
// How a report becomes JSON.
#include "report/render/json.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "report/render/format.h"
#include "report/result/measures.h"
#include "report/result/part_json.h"
#include "report/result/result_file.h"
#include "schema/catalog.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

// Addresses are 64 bit and many JSON readers are not: they are strings.
std::string hex_string(uint64_t v) { return fmt::format("{:#x}", v); }

template <typename T>
T load(const ev_header& h, const FieldInfo& f, size_t i) {
  T value;
  std::memcpy(&value, reinterpret_cast<const char*>(&h) + f.offset + i * f.size, sizeof(value));
  return value;
}

Json element(const ev_header& h, const FieldInfo& f, size_t i) {
  switch (f.type) {
    case FieldType::u8: return load<uint8_t>(h, f, i);
    case FieldType::u16: return load<uint16_t>(h, f, i);
    case FieldType::u32: return load<uint32_t>(h, f, i);
    case FieldType::u64: return load<uint64_t>(h, f, i);
    case FieldType::i32:
    case FieldType::err: return load<int32_t>(h, f, i);
    case FieldType::i64: return load<int64_t>(h, f, i);
    case FieldType::addr:
    case FieldType::ptr:
    case FieldType::pfn: return hex_string(load<uint64_t>(h, f, i));
    case FieldType::enumeration: {
      const auto value = load<uint32_t>(h, f, i);
      const std::string_view label = label_of(*f.labels, value);
      return label.empty() ? Json(value) : Json(std::string(label));
    }
    case FieldType::chars: break;
  }
  return nullptr;
}

// A record in JSON: what its header says, then its fields. A field that would hide the name of the record is of_event.
Json record(const ev_header& h) {
  Json out;
  const EventInfo* row = event_info(h.id);
  out["time"] = h.time;
  out["cpu"] = h.cpu;
  out["sequence"] = h.seq;
  out["tid"] = h.tid;
  out["tgid"] = h.tgid;
  out["mm"] = hex_string(h.mm);
  out["event"] = row ? std::string(row->name) : std::to_string(h.id);
  if (!row) return out;
  for (const FieldInfo& f : row->fields) {
    if (is_padding(f)) continue;
    const std::string name(f.name);
    if (is_event_id(f)) {
      const auto id = load<uint32_t>(h, f, 0);
      const EventInfo* of = event_info(id);
      out["of_event"] = of ? Json(std::string(of->name)) : Json(id);
    } else if (f.type == FieldType::chars) {
      const char* chars = reinterpret_cast<const char*>(&h) + f.offset;
      out[name] = shown({chars, strnlen(chars, f.count)});
    } else if (f.count == 1) {
      out[name] = element(h, f, 0);
    } else {
      for (size_t i = 0; i < f.count; ++i) out[name].push_back(element(h, f, i));
    }
  }
  return out;
}

Json reference(const EventRef& r, const RecordFinder& find) {
  if (const ev_header* h = find ? find(r) : nullptr) return record(*h);
  const EventInfo* row = event_info(r.id);
  return {{"time", r.time}, {"cpu", r.cpu}, {"sequence", r.seq}, {"event", row ? std::string(row->name) : "?"}};
}

Json finding(const RuleResult& rule, const Candidate& c, const Report& report, const RecordFinder& find) {
  Json out{{"key", key_of(rule, c, report, find)}, {"count", c.count}, {"what", c.what}, {"time", c.completing.time}, {"tid", c.tid}, {"tgid", c.tgid},
           {"task", report.names.task(c.tid)}, {"mm", hex_string(c.mm)}};
  if (c.fn) out["callback"] = report.names.symbol(c.fn);
  for (const Evidence& e : c.evidence)
    if (e.event) out["evidence"].push_back({{"role", e.role}, {"event", reference(e.event, find)}});
  return out;
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent);
}
}  // namespace

std::string record_to_json(const ev_header& h) { return dump(record(h), -1); }

std::string to_json(const Document& d) {
  if (d.merged) return merged_json(*d.merged, *d.summary, d.version);
  const Report& report = *d.report;
  const RecordFinder& find = d.find;
  Json out;
  out["format"] = "mirrorscope-check-1";
  std::vector<std::string> rules;
  for (const RuleResult& r : report.rules) rules.emplace_back(r.rule->info.id);
  out["result"] = result_header(d.id, d.version, {}, d.damage, rules);
  out["records"] = report.records;
  out["first_time"] = report.first_time;
  out["last_time"] = report.last_time;
  out["lost"] = report.lost;
  out["repaired"] = report.repaired;
  out["settled"] = report.settled;
  out["ended"] = report.ended;
  out["blind"] = report.blind;
  out["losses"] = Json::array();
  for (const LossCount& l : report.losses) {
    const EventInfo* row = event_info(l.event);
    out["losses"].push_back({{"cause", std::string(label_of(catalog::enum_loss, l.cause))},
                             {"event", row ? Json(std::string(row->name)) : Json(nullptr)},
                             {"count", l.count},
                             {"repaired", l.repaired},
                             {"from", l.from},
                             {"until", l.until}});
  }
  out["events"] = Json::object();
  for (const EventInfo& e : catalog::events)
    if (report.by_event[e.id]) out["events"][std::string(e.name)] = report.by_event[e.id];
  out["probes"] = Json::array();
  for (const ProbeSummary& p : report.probes) {
    const EventInfo* row = event_info(p.event);
    out["probes"].push_back({{"event", row ? std::string(row->name) : "?"},
                             {"function", p.function},
                             {"how", std::string(label_of(catalog::enum_probe_how, p.how))},
                             {"error", p.error}});
  }
  out["rules"] = Json::array();
  for (const RuleResult& r : report.rules) {
    Json rule{{"id", std::string(r.rule->info.id)},
              {"name", std::string(r.rule->info.name)},
              {"level", std::string(to_string(r.rule->info.level))},
              {"verdict", std::string(to_string(r.verdict))},
              {"reason", r.reason},
              {"held", r.held},
              {"unknown", r.unknown},
              {"broken", r.broken},
              {"doubtful", r.doubtful},
              {"all_causes", r.all_causes},
              {"findings", Json::array()},
              {"suspects", Json::array()}};
    for (const Candidate& c : r.findings) rule["findings"].push_back(finding(r, c, report, find));
    for (const Candidate& c : r.suspects) rule["suspects"].push_back(finding(r, c, report, find));
    out["rules"].push_back(std::move(rule));
  }
  if (d.measures) {
    out["latencies"] = calls_json(d.measures->latencies);
    out["costs"] = costs_json(d.measures->costs);
    out["stretches"] = stretches_json(d.measures->stretches);
  }
  return dump(out, 2) + "\n";
}

std::string rules_to_json() {
  Json out = Json::array();
  for (const RuleDef* def : all_rules()) {
    const RuleInfo& i = def->info;
    Json needs = Json::array();
    for (const EventInfo& e : catalog::events)
      if (def->needs.test(e.id)) needs.push_back(std::string(e.name));
    out.push_back({{"id", std::string(i.id)}, {"name", std::string(i.name)}, {"level", std::string(to_string(i.level))},
                   {"party", std::string(to_string(i.party))}, {"says", std::string(i.says)}, {"because", std::string(i.because)},
                   {"not_claimed", std::string(i.not_claimed)}, {"look_at", std::string(i.look_at)}, {"needs", needs}});
  }
  return dump(out, 2) + "\n";
}

std::string to_json(std::span<const Document> documents, const Look& look) {
  std::string out;  // one object after the other, as jq reads them
  for (const Document& d : documents) out += to_json(d);
  for (const Unjudged& u : look.unjudged) {
    Json one{{"format", "mirrorscope-check-1"}};
    one["result"] = result_header({.path = u.trace, .uuid = {}, .host = {}, .boot = {}, .kernel = {}, .machine = {}, .origin = {}, .recorder = {}, .started = 0},
                                  u.version, u.why, {}, {});
    one["records"] = 0;
    one["rules"] = Json::array();
    out += dump(one, 2) + "\n";
  }
  return out;
}

}  // namespace mirrorscope
