// SPDX-License-Identifier: Apache-2.0
// All files of rules/ as one translation unit, and the functions that call them event by event.
#include "analyzer/engine/panel.h"

#include <algorithm>
#include <array>

#include "rules_files.inc"  // #include of every file of rules/

namespace mirrorscope {

namespace {
enum Place : size_t {
#define ENTRY(stem) place_##stem,
#include "rules.inc"
#undef ENTRY
  places
};

// By place.
const std::array<const RuleDef*, places>& rules_by_place() {
  static const std::array<const RuleDef*, places> list = {
#define ENTRY(stem) &rules::rule_##stem(),
#include "rules.inc"
#undef ENTRY
  };
  return list;
}

// Asks every rule that judges this event. Not inlined into the switch: what one of them needs to save would be saved for all.
template <typename Ev>
[[gnu::noinline]] void ask(const Ev& e, const Facts& f, const std::unique_ptr<Rule>* panel, Judge* judges) {
#define ENTRY(stem)                                        \
  if constexpr (Judges<rules::class_##stem, Ev>)           \
    if (Rule* rule = panel[place_##stem].get()) [[likely]] \
      static_cast<rules::class_##stem*>(rule)->on(e, f, judges[place_##stem]);
#include "rules.inc"
#undef ENTRY
}
}  // namespace

Panel::Panel(std::span<const RuleDef* const> chosen, const Mirror& mirror) : rules_(places), judges_(places), mirror_(mirror) {
  const auto& all = rules_by_place();
  for (const RuleDef* def : chosen) {
    const auto place = static_cast<size_t>(std::find(all.begin(), all.end(), def) - all.begin());
    chosen_.push_back(place);
    rules_[place] = def->make();
    rules_[place]->attach(mirror);
  }
}

void Panel::judge(const ev_header& record, const Facts& facts) {
  if (facts.unplaced) [[unlikely]]
    return;
  switch (record.id) {
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
  case id:                                     \
    return ask(reinterpret_cast<const ev_##name&>(record), facts, rules_.data(), judges_.data());
#include "schema/events.def"
#undef EVENT
#undef FIELD
#undef ARRAY
    default:
      return;
  }
}

void Panel::finish(uint64_t end) {
  for (size_t place = 0; place < places; ++place)
    if (rules_[place]) rules_[place]->finish(end, mirror_, judges_[place]);
}

// Every rule, sorted by id: the list that people see.
std::span<const RuleDef* const> all_rules() {
  static const auto list = [] {
    auto rows = rules_by_place();
    std::sort(rows.begin(), rows.end(), [](const RuleDef* a, const RuleDef* b) { return a->info.id < b->info.id; });
    return rows;
  }();
  return list;
}

}  // namespace mirrorscope
