// SPDX-License-Identifier: Apache-2.0
// How a record narrows the states of an mm down.
#pragma once

#include <algorithm>

#include "driver-model/conform/kernel.h"

namespace mirrorscope::conform {

// `fits` says whether a state can be where the record was made; counters that it shows may be a little older than that.
template <typename Fits>
bool Kernel::observe(Now n, Space& s, Seen seen, Fits fits, std::string_view allowed) {
  if (s.states.empty()) return true;
  ++s.replayed->steps;
  spread(s);
  if (s.states.empty()) return true;  // too many
  const bool exact = quiet(s, n.task.key, seen.from);
  auto shows = [&](const ValueLog& log, const std::optional<uint64_t>& value, uint64_t now) {
    return !value || *value == now || (!exact && log.allows(*value, seen.from));
  };
  spend(s.states.size());
  std::vector<State> left;
  for (const State& state : s.states)
    if (fits(state) && shows(s.seqs, seen.seq, state.seq) && shows(s.actives, seen.active, state.active)) left.push_back(state);
  if (!left.empty()) {
    s.states = std::move(left);
    return true;
  }
  std::string may(allowed), said;
  for (size_t i = 0; i < std::min<size_t>(s.states.size(), 4); ++i) {
    const State& state = s.states[i];
    may += (i ? " or " : may.empty() ? "" : ": ") + counters_text(state.seq, state.active) + (fits(state) ? "" : " (not at this place)");
  }
  if (seen.seq) said += "seq " + std::to_string(*seen.seq);
  if (seen.active) said += (said.empty() ? "" : ", ") + ("active " + std::to_string(*seen.active));
  diverge(n, s, may, said.empty() ? "this record" : said);
  return false;
}

}  // namespace mirrorscope::conform
