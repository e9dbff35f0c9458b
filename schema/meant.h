// SPDX-License-Identifier: Apache-2.0
// What somebody meant who typed a name that is not there: for every name that is looked up, commands, rules, events, profiles and formats alike.
//
//   return fail(0, no_such("rule", "seq-1", names, "`mirrorscope rules` lists them"));
//   // there is no rule 'seq-1'; did you mean 'SEQ-01'? `mirrorscope rules` lists them
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mirrorscope {

// Do two names differ in nothing but capitals, '-' and '_'?
bool same_name(std::string_view a, std::string_view b);

// "; did you mean 'SEQ-01'?": the one of `known` that is nearest to `word`, the first of several; empty if none has at least half of its letters.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

// The sentence, without a full stop. `where` says who lists all of them.
std::string no_such(std::string_view kind, std::string_view word, std::span<const std::string> known, std::string_view where);

// The same of an event.
std::string no_such_event(std::string_view word);

}  // namespace mirrorscope
