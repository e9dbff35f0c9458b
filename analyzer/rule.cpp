// SPDX-License-Identifier: Apache-2.0
// How a rule is found by name, and how a breach is kept.
#include "analyzer/rule.h"

#include "schema/meant.h"

namespace mirrorscope {

const RuleDef* rule_named(std::string_view id) {
  for (const RuleDef* rule : all_rules())
    if (same_name(rule->info.id, id) || same_name(rule->info.name, id)) return rule;
  return nullptr;
}

std::string no_such_rule(std::string_view id) {
  std::vector<std::string> names;
  for (const RuleDef* rule : all_rules()) names.insert(names.end(), {std::string(rule->info.id), std::string(rule->info.name)});
  return no_such("rule", id, names, "`mirrorscope rules` lists them");
}

void Judge::broken(const ev_header& completing, const Since& since, std::vector<Evidence> evidence, std::string what,
                   uint64_t fn) {
  never_came(completing, since, completing.time, std::move(evidence), std::move(what), fn);
}

void Judge::never_came(const ev_header& owing, const Since& since, uint64_t end, std::vector<Evidence> evidence, std::string what, uint64_t fn) {
  ++broken_;
  evidence.push_back({EventRef::of(owing), "this completes it"});
  candidates_.add({.completing = EventRef::of(owing),
                   .mm = owing.mm,
                   .tid = owing.tid,
                   .tgid = owing.tgid,
                   .from = since.from,
                   .of_driver = since.of_driver,
                   .fn = fn,
                   .what = std::move(what),
                   .evidence = std::move(evidence),
                   .awaited = end});
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::hard: return "hard";
    case Level::hazard: return "hazard";
    case Level::smell: return "smell";
  }
  return "?";
}

std::string_view to_string(Party party) {
  switch (party) {
    case Party::core: return "core mm";
    case Party::driver: return "driver";
    case Party::application: return "application";
  }
  return "?";
}

}  // namespace mirrorscope
