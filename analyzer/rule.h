// SPDX-License-Identifier: Apache-2.0
// What a rule is: a row of facts about itself, and one on() per event it judges. A rule lives in one file of rules/.
//
//   class StaleSeq final : public RuleOf<StaleSeq> {
//    public:
//     void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
//       if (!f.has_entry) return judge.unknown();
//       if (e.sub_seq == e.cur_seq) return judge.held();
//       judge.broken(e.h, f.entry->at.time, {{f.entry->at, "the callback was entered"}},
//                    fmt::format("the sub has sequence {}, this episode {}", e.sub_seq, e.cur_seq));
//     }
//   };
//   RULE(seq_01, StaleSeq,
//        {.id = "SEQ-01",
//         .name = "stale_seq",
//         .says = "a callback that has returned has stored the sequence of its episode",
//         .because = "mm/mmu_notifier.c, mmu_interval_set_seq()",
//         .not_claimed = "callbacks whose entry is missing",
//         .look_at = "where the callback calls mmu_interval_set_seq()"})
//
// The stem of the file, "seq_01.cpp", is the name in RULE. Which events a rule needs is derived from its on() overloads; `also`
// names events that it relies on through Facts. Facts come from the reference mirror and are read-only here; a rule never calls another.
#pragma once

#include <algorithm>
#include <bitset>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/candidates.h"
#include "driver-model/mirror/mirror.h"
#include "schema/catalog.h"

namespace mirrorscope {

using EventSet = std::bitset<EV_LIMIT>;

// How much a breach means. Only `hard` makes check exit 1, unless --strict says otherwise.
enum class Level : uint8_t {
  hard,    // wrong, in every circumstance
  hazard,  // wrong in circumstances that the trace does not show
  smell,   // right, but slow or fragile
};

// Whose contract it is.
enum class Party : uint8_t { core, driver, application };

struct RuleInfo {
  std::string_view id;           // "ORD-01", as in the catalog
  std::string_view name;         // "start_end_paired"
  Level level = Level::hard;
  Party party = Party::core;
  std::string_view says;         // the rule in one sentence, as something that holds
  std::string_view because;      // where the kernel says so: file and function
  std::string_view not_claimed;  // what holds does not mean; traps that are honoured
  std::string_view look_at;      // what a developer should open first when it is broken
  std::initializer_list<uint16_t> also{};  // events needed besides those of on()
  std::initializer_list<uint16_t> excuses{};  // events that may explain a breach away: judged without their probes, in doubt where they are lost
  bool any_event = false;        // observable as soon as one of the events of on() is, instead of all
};

// Since when records that are missing could explain a breach away: any that the rule needs since `from`, the oldest event that the claim rests on. And
// what drivers say since `of_driver`, which is earlier where the claim rests on something that a driver said once, or never said: what an object
// promised, or that a lock is not held.
struct Since {
  uint64_t from;
  uint64_t of_driver;
  Since(uint64_t time) : from(time), of_driver(time) {}  // NOLINT(google-explicit-constructor): a time is one
  Since(const Since& since, uint64_t driver) : from(since.from), of_driver(std::min(since.of_driver, driver)) {}
};

// What a rule says about one record. Counts are kept per rule; candidates are settled by the engine.
class Judge {
 public:
  // One occasion to be wrong, and it was right.
  void held() { ++held_; }
  // One occasion that could not be judged because state is unknown (start of recording, loss).
  void unknown() { ++unknown_; }
  // One occasion that was wrong.
  [[gnu::cold]] void broken(const ev_header& completing, const Since& since, std::vector<Evidence> evidence, std::string what,
                            uint64_t fn = 0);
  // The same where something had to follow `owing` and has not until `end`, the recording's: a record that is missing anywhere in between may be it.
  [[gnu::cold]] void never_came(const ev_header& owing, const Since& since, uint64_t end, std::vector<Evidence> evidence, std::string what,
                                uint64_t fn = 0);

  uint64_t held_count() const { return held_; }
  uint64_t unknown_count() const { return unknown_; }
  uint64_t broken_count() const { return broken_; }
  const Candidates& candidates() const { return candidates_; }

 private:
  uint64_t held_ = 0;
  uint64_t unknown_ = 0;
  uint64_t broken_ = 0;
  Candidates candidates_;
};

class Rule {
 public:
  virtual ~Rule() = default;
  // Before the first record, once.
  void attach(const Mirror& mirror) { mirror_ = &mirror; }
  // After the last record, once. `end` is its time.
  virtual void finish(uint64_t end, const Mirror&, Judge&) { (void)end; }

 protected:
  const Mirror* mirror_ = nullptr;  // for rules that look up more than the facts of one record
};

template <typename Self, typename Ev>
concept Judges = requires(Self& self, const Ev& e, const Facts& f, Judge& j) { self.on(e, f, j); };

template <typename Self>
class RuleOf : public Rule {
 public:
  static EventSet judged_events() {
    EventSet set;
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
  if constexpr (Judges<Self, ev_##name>) set.set(id);
#include "schema/events.def"
#undef EVENT
#undef FIELD
#undef ARRAY
    return set;
  }
};

// What RULE defines and the generated list of rules refers to.
struct RuleDef {
  RuleInfo info;
  EventSet on;     // events it judges
  EventSet needs;  // events it must have: those of on() and info.also
  EventSet rests_on;  // those, and info.excuses: what a breach is in doubt without
  std::unique_ptr<Rule> (*make)();
};

namespace rules {
template <typename Class>
RuleDef define(const RuleInfo& info) {
  RuleDef def{info, Class::judged_events(), Class::judged_events(), {},
              +[]() -> std::unique_ptr<Rule> { return std::make_unique<Class>(); }};
  for (uint16_t id : info.also) def.needs.set(id);
  def.rests_on = def.needs;
  for (uint16_t id : info.excuses) def.rests_on.set(id);
  return def;
}
}  // namespace rules

#define RULE(stem, Class, ...) \
  using class_##stem = Class; \
  const RuleDef& rule_##stem() { \
    static const RuleDef def = define<Class>(RuleInfo __VA_ARGS__); \
    return def; \
  }

// Every rule, sorted by id.
std::span<const RuleDef* const> all_rules();
// The rule of an id ("ORD-01") or name, null if there is none; capitals and lines make no difference ("ord01").
const RuleDef* rule_named(std::string_view id);
// The sentence to say then (schema/meant.h).
std::string no_such_rule(std::string_view id);

std::string_view to_string(Level level);
std::string_view to_string(Party party);

}  // namespace mirrorscope
