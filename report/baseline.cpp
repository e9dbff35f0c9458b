// SPDX-License-Identifier: Apache-2.0
// How a baseline is read and written.
#include "report/baseline.h"

#include <map>
#include <nlohmann/json.hpp>

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;
constexpr auto kFormat = "mirrorscope-baseline-1";
constexpr int kDepth = 4;
}  // namespace

Baseline parse_baseline(std::string_view text) {
  // what lies deeper than a baseline goes is not kept: a megabyte of brackets would be a hundred of values
  const Json json = Json::parse(text, [](int depth, Json::parse_event_t, Json&) { return depth <= kDepth; }, false);
  if (json.is_discarded()) return {{}, "it is not JSON"};
  const auto format = json.find("format");
  if (!json.is_object() || format == json.end() || *format != kFormat) return {{}, std::string("\"format\" is not \"") + kFormat + "\""};
  const auto findings = json.find("findings");
  if (findings == json.end() || !findings->is_array()) return {{}, "\"findings\" is no array"};
  Baseline out;
  for (const Json& finding : *findings) {
    if (!finding.is_object() || !finding.contains("key") || !finding["key"].is_string())
      return {{}, "a finding has no \"key\""};
    out.keys.insert(finding["key"].get<std::string>());
  }
  return out;
}

std::string baseline_text(std::span<const Finding> findings) {
  std::map<std::string, const Finding*> by_key;
  for (const Finding& f : findings)
    if (f.rule->verdict == Verdict::violated) by_key.try_emplace(f.key, &f);
  Json json{{"format", kFormat}, {"findings", Json::array()}};
  for (const auto& [key, f] : by_key) json["findings"].push_back({{"key", key}, {"example", f->what->what}});
  return json.dump(2) + "\n";
}

void mark_known(std::vector<Finding>& findings, const Baseline& baseline) {
  for (Finding& f : findings) f.known = f.rule->verdict == Verdict::violated && baseline.keys.contains(f.key);
}

}  // namespace mirrorscope
