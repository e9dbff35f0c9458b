// SPDX-License-Identifier: Apache-2.0
// The list of profiles, made from the files of profiles/, and how a mutant's changes are applied.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

#define ENTRY(name) Profile profile_##name();
#include "profiles.inc"
#undef ENTRY

std::span<const Profile> all_profiles() {
  static const std::vector<Profile> all{
#define ENTRY(name) profile_##name(),
#include "profiles.inc"
#undef ENTRY
  };
  return all;
}

namespace {
template <typename List>
auto* named(const List& list, std::string_view name) {
  auto it = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.name == name; });
  return it == list.end() ? nullptr : &*it;
}

std::string_view name_of(const Instr& i) {
  static constexpr std::string_view kNames[] = {
#define OP(name, ready, says) #name,
#include "driver-model/machine/ops.def"
#undef OP
  };
  return kNames[static_cast<u8>(i.op)];
}

[[noreturn]] void broken(const Edit& e, std::string_view at) {
  std::fprintf(stderr, "driver-model: a mutant changes '%s' of program '%s', which has none\n", std::string(at).c_str(),
               std::string(e.program).c_str());
  std::abort();
}

// A tag first; without one, the first instruction of that name.
std::vector<Instr>::iterator find(const Edit& e, std::vector<Instr>& code, std::string_view at) {
  auto tagged = std::find_if(code.begin(), code.end(), [&](const Instr& i) { return i.tag == at; });
  if (tagged != code.end()) return tagged;
  auto first = std::find_if(code.begin(), code.end(), [&](const Instr& i) { return name_of(i) == at; });
  if (first == code.end()) broken(e, at);
  return first;
}

void apply(const Edit& e, std::vector<Program>& programs) {
  auto program = std::find_if(programs.begin(), programs.end(), [&](const Program& p) { return p.name == e.program; });
  if (program == programs.end()) broken(e, e.at);
  auto& code = program->code;
  auto at = find(e, code, e.at);
  switch (e.kind) {
    case Edit::drop_it: code.erase(at); break;
    case Edit::replace_it:
      at = code.erase(at);
      code.insert(at, e.with.begin(), e.with.end());
      break;
    case Edit::before: code.insert(at, e.with.begin(), e.with.end()); break;
    case Edit::after: code.insert(at + 1, e.with.begin(), e.with.end()); break;
    case Edit::swap_them: std::iter_swap(at, find(e, code, e.other)); break;
    case Edit::move_it_before: {
      const Instr moved = *at;
      code.erase(at);
      code.insert(find(e, code, e.other), moved);
      break;
    }
  }
}
}  // namespace

const Profile* profile_named(std::string_view name) {
  const auto all = all_profiles();
  return named(all, name);
}
const Mutant* mutant_named(const Profile& p, std::string_view name) { return named(p.mutants, name); }
const Scenario* scenario_named(const Profile& p, std::string_view name) {
  return name.empty() ? &p.scenarios.front() : named(p.scenarios, name);
}

Model model_of(const Profile& profile, const Scenario& scenario, const Mutant* mutant) {
  Parts parts = profile.driver;
  // programs of the environment can be mutated too: a reclaim that forgets something is a broken kernel
  for (const Program& p : environment())
    if (!named(parts.programs, p.name)) parts.programs.push_back(p);
  if (mutant)
    for (const Edit& e : mutant->edits) apply(e, parts.programs);
  parts.threads = scenario.threads;
  parts.pages = scenario.pages;
  parts.populated = scenario.populated;
  parts.huge = scenario.huge;
  if (scenario.exact) parts.pins_may_go_stale = false;
  parts.tears_down |= scenario.tears_down;
  for (const auto& [var, value] : scenario.vars) parts.vars[var] = value;
  return compile(parts);
}

}  // namespace mirrorscope::model
