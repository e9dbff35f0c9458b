// SPDX-License-Identifier: Apache-2.0
// What stands where in a result.
#include "report/result/part_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/latency.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

Json counts_json(const std::map<std::string, uint64_t>& counts) {
  Json out = Json::object();
  for (const auto& [name, n] : counts) out[name] = n;
  return out;
}

Json sightings_json(const std::vector<Sighting>& sightings) {
  Json list = Json::array();
  for (const Sighting& s : sightings) {
    Json one{{"key", s.key}, {"count", s.count}, {"what", s.what}, {"time", s.time}, {"tid", s.tid}, {"tgid", s.tgid}, {"task", s.task}};
    if (!s.callback.empty()) one["callback"] = s.callback;
    list.push_back(std::move(one));
  }
  return list;
}

Json rule_json(const RulePart& r) {
  Json out{{"id", std::string(r.rule->info.id)}, {"verdict", std::string(to_string(r.verdict))}};
  if (!r.reason.empty()) out["reason"] = r.reason;
  for (const auto& [name, n] : {std::pair{"held", r.held}, std::pair{"unknown", r.unknown}, std::pair{"broken", r.broken}, std::pair{"doubtful", r.doubtful}})
    if (n) out[name] = n;
  if (!r.all_causes) out["all_causes"] = false;
  if (!r.findings.empty()) out["findings"] = sightings_json(r.findings);
  if (!r.suspects.empty()) out["suspects"] = sightings_json(r.suspects);
  return out;
}

[[noreturn]] void wrong(const char* key, const char* what) { throw NoResult(fmt::format("\"{}\" is no {}", key, what)); }

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) throw NoResult("what should be an object is none");
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

bool truth_at(const Json& object, const char* key, bool otherwise) {
  const Json* value = find(object, key);
  if (!value) return otherwise;
  if (!value->is_boolean()) wrong(key, "truth value");
  return value->get<bool>();
}

const Json& object_at(const Json& object, const char* key) {
  static const Json none = Json::object();
  const Json* value = find(object, key);
  if (!value) return none;
  if (!value->is_object()) wrong(key, "object");
  return *value;
}

std::vector<uint64_t> numbers_of(const Json& list, const char* key) {
  std::vector<uint64_t> out;
  if (!list.is_array()) wrong(key, "list");
  for (const Json& n : list) {
    if (!n.is_number_unsigned()) wrong(key, "list of numbers");
    out.push_back(n.get<uint64_t>());
  }
  return out;
}

std::vector<std::string> texts_at(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& text : list_at(object, key)) {
    if (!text.is_string()) wrong(key, "list of texts");
    out.push_back(shown_sentence(text.get_ref<const std::string&>()));
  }
  return out;
}

std::map<std::string, uint64_t> counts_of(const Json& object, const char* key) {
  std::map<std::string, uint64_t> out;
  for (const auto& [name, n] : object.items()) {
    if (!n.is_number_unsigned()) wrong(key, "object of numbers");
    out[shown_sentence(name)] = n.get<uint64_t>();
  }
  return out;
}

std::map<std::string, std::vector<uint64_t>> stretches_of(const Json& object, const char* key) {
  std::map<std::string, std::vector<uint64_t>> out;
  for (const auto& [name, list] : object.items()) out[shown_sentence(name)] = numbers_of(list, key);
  return out;
}

Verdict verdict_of(const std::string& text) {
  for (size_t i = 0; i < kVerdicts; ++i)
    if (to_string(static_cast<Verdict>(i)) == text) return static_cast<Verdict>(i);
  throw OtherVersion(fmt::format("there is no verdict '{}'", text));
}

const RuleDef* rule_of(const std::string& id) {
  for (const RuleDef* rule : all_rules())
    if (rule->info.id == id) return rule;
  throw OtherVersion(fmt::format("this mirrorscope has no rule {}", id));
}

std::vector<Sighting> sightings_of(const Json& list, const TraceId& trace) {
  std::vector<Sighting> out;
  for (const Json& one : list) {
    Sighting s{.key = text_at(one, "key"), .count = number_at(one, "count"), .traces = 1, .trace = trace.path, .host = trace.host,
               .what = text_at(one, "what"), .task = text_at(one, "task"), .callback = text_at(one, "callback"), .time = number_at(one, "time"),
               .tid = static_cast<uint32_t>(number_at(one, "tid")), .tgid = static_cast<uint32_t>(number_at(one, "tgid"))};
    if (s.key.empty()) throw NoResult("a finding has no \"key\"");
    join(out, {s});
  }
  for (Sighting& s : out) s.traces = 1;
  return out;
}

CallTimes times_of(const Json& json) {
  CallTimes out{.count = number_at(json, "count"), .total = number_at(json, "total"), .max = number_at(json, "max"), .buckets = {}, .counts = {}, .own_p50 = {}, .own_p99 = {}};
  for (const Json& bucket : list_at(json, "buckets")) {
    const std::vector<uint64_t> n = numbers_of(bucket, "buckets");
    if (n.size() != 3 || Latency::bucket_begin(Latency::bucket_of(n[0])) != n[0]) wrong("buckets", "list of [from, until, calls]");
    out.buckets[static_cast<uint32_t>(Latency::bucket_of(n[0]))] += n[2];
  }
  const Json& stretches = object_at(json, "stretches");
  out.counts = numbers_of(list_at(stretches, "count"), "stretches");
  out.own_p50 = numbers_of(list_at(stretches, "own_p50"), "stretches");
  out.own_p99 = numbers_of(list_at(stretches, "own_p99"), "stretches");
  return out;
}
}  // namespace

uint64_t number_at(const Json& object, const char* key) {
  const Json* value = find(object, key);
  if (!value) return 0;
  if (!value->is_number_unsigned()) wrong(key, "number");
  return value->get<uint64_t>();
}

std::string text_at(const Json& object, const char* key) {
  const Json* value = find(object, key);
  if (!value) return {};
  if (!value->is_string()) wrong(key, "text");
  return shown_sentence(value->get_ref<const std::string&>());
}

const Json& list_at(const Json& object, const char* key) {
  static const Json none = Json::array();
  const Json* value = find(object, key);
  if (!value) return none;
  if (!value->is_array()) wrong(key, "list");
  return *value;
}

const Json& header_of(const Json& object) {
  const Json* header = find(object, "result");
  if (!header) throw OtherVersion("it has no \"result\": an older mirrorscope wrote it");
  const uint64_t version = number_at(*header, "version");
  if (version != kResultVersion) throw OtherVersion(fmt::format("it is a result of version {}, and this mirrorscope reads version {}", version, kResultVersion));
  return *header;
}

Json result_header(const TraceId& t, const std::string& judge, const std::string& error, const std::vector<std::string>& damage, const std::vector<std::string>& rules) {
  Json out{{"version", kResultVersion}, {"mirrorscope", judge},
           {"trace", {{"path", t.path}, {"uuid", t.uuid}, {"host", t.host}, {"boot", t.boot}, {"kernel", t.kernel}, {"machine", t.machine},
                      {"origin", t.origin}, {"recorder", t.recorder}, {"started", t.started}}}};
  if (!error.empty()) {
    out["error"] = error;
    return out;
  }
  out["options"] = {{"rules", rules.size() == all_rules().size() ? Json("all") : Json(rules)}};
  out["damage"] = damage;
  return out;
}

Json stretches_json(const std::map<std::string, std::vector<uint64_t>>& stretches) {
  Json out = Json::object();
  for (const auto& [name, counts] : stretches) out[name] = counts;
  return out;
}

Json losses_json(const std::vector<LossPart>& losses) {
  Json list = Json::array();
  for (const LossPart& l : losses)
    list.push_back({{"cause", l.cause}, {"event", l.event.empty() ? Json(nullptr) : Json(l.event)}, {"count", l.count}, {"repaired", l.repaired}});
  return list;
}

Json calls_json(const std::map<CallKey, CallTimes>& calls) {
  Json list = Json::array();
  for (const auto& [key, t] : calls) {
    Json row{{"event", key.event}, {"function", key.function}, {"reason", key.reason}, {"count", t.count}, {"total", t.total}, {"max", t.max},
             {"buckets", Json::array()}};
    for (const auto& [bucket, n] : t.buckets) row["buckets"].push_back({Latency::bucket_begin(bucket), Latency::bucket_begin(bucket + 1), n});
    if (!t.counts.empty()) row["stretches"] = {{"count", t.counts}, {"own_p50", t.own_p50}, {"own_p99", t.own_p99}};
    list.push_back(std::move(row));
  }
  return list;
}

Json costs_json(const std::map<std::string, CostPart>& costs) {
  Json list = Json::array();
  for (const auto& [callback, cost] : costs) {
    Json row{{"callback", callback}};
    for (const auto& [name, n] : cost.sums) row[name] = n;
    if (!cost.stretches.empty()) row["stretches"] = stretches_json(cost.stretches);
    list.push_back(std::move(row));
  }
  return list;
}

Json part_json(const Part& p) {
  std::vector<std::string> rules;
  for (const RulePart& r : p.rules) rules.emplace_back(r.rule->info.id);
  Json out{{"result", result_header(p.trace, p.judge, p.error, p.damage, rules)}};
  if (!p.files.empty()) out["files"] = p.files;
  if (!p.error.empty()) return out;
  out["records"] = p.records;
  out["first_time"] = p.first_time;
  out["last_time"] = p.last_time;
  out["lost"] = p.lost;
  out["repaired"] = p.repaired;
  out["settled"] = p.settled;
  out["ended"] = p.ended;
  out["blind"] = p.blind;
  out["losses"] = losses_json(p.losses);
  out["events"] = counts_json(p.events);
  out["rules"] = Json::array();
  for (const RulePart& r : p.rules) out["rules"].push_back(rule_json(r));
  out["latencies"] = calls_json(p.latencies);
  out["costs"] = costs_json(p.costs);
  out["stretches"] = stretches_json(p.stretches);
  return out;
}

Part part_from(const Json& json) {
  const Json& header = header_of(json);
  const Json& trace = object_at(header, "trace");
  Part p;
  int64_t started = 0;
  if (const Json* value = find(trace, "started")) {
    if (!value->is_number_integer()) wrong("started", "number");
    started = value->get<int64_t>();
  }
  p.trace = {text_at(trace, "path"), text_at(trace, "uuid"), text_at(trace, "host"), text_at(trace, "boot"), text_at(trace, "kernel"), text_at(trace, "machine"),
             text_at(trace, "origin"), text_at(trace, "recorder"), started};
  if (p.trace.path.empty()) throw NoResult("it does not say of which trace");
  p.judge = text_at(header, "mirrorscope");
  p.error = text_at(header, "error");
  p.files = texts_at(json, "files");
  if (!p.error.empty()) return p;
  p.damage = texts_at(header, "damage");
  p.records = number_at(json, "records");
  p.first_time = number_at(json, "first_time");
  p.last_time = number_at(json, "last_time");
  p.lost = number_at(json, "lost");
  p.repaired = number_at(json, "repaired");
  p.settled = truth_at(json, "settled", false);
  p.ended = truth_at(json, "ended", false);
  p.blind = truth_at(json, "blind", false);
  for (const Json& l : list_at(json, "losses")) p.losses.push_back({text_at(l, "cause"), text_at(l, "event"), number_at(l, "count"), number_at(l, "repaired")});
  p.events = counts_of(object_at(json, "events"), "events");
  p.stretches = stretches_of(object_at(json, "stretches"), "stretches");
  for (const Json& r : list_at(json, "rules")) {
    RulePart rule{rule_of(text_at(r, "id")), verdict_of(text_at(r, "verdict")), text_at(r, "reason"), number_at(r, "held"), number_at(r, "unknown"),
                  number_at(r, "broken"), number_at(r, "doubtful"), truth_at(r, "all_causes", true), sightings_of(list_at(r, "findings"), p.trace),
                  sightings_of(list_at(r, "suspects"), p.trace)};
    if (std::any_of(p.rules.begin(), p.rules.end(), [&](const RulePart& other) { return other.rule == rule.rule; })) throw NoResult("a rule is in it twice");
    p.rules.push_back(std::move(rule));
  }
  if (p.rules.empty()) throw NoResult("it has no rules");
  for (const Json& l : list_at(json, "latencies")) p.latencies[{text_at(l, "event"), text_at(l, "function"), text_at(l, "reason")}] = times_of(l);
  for (const Json& c : list_at(json, "costs")) {
    CostPart& cost = p.costs[text_at(c, "callback")];
    for (const auto& [name, value] : c.items())
      if (value.is_number_unsigned()) cost.sums[shown_sentence(name)] = value.get<uint64_t>();
    cost.stretches = stretches_of(object_at(c, "stretches"), "stretches");
  }
  return p;
}

}  // namespace mirrorscope
