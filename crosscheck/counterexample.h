// SPDX-License-Identifier: Apache-2.0
// Which execution shows a finding best: the one with the fewest preemptions, and of these the shortest.
#pragma once

#include <optional>
#include <string_view>

#include "crosscheck/crosscheck.h"

namespace mirrorscope {

struct Wanted {
  std::string_view rule;      // empty: what the oracle sees
  model::Hits hits = 0;       // of these, if there is no rule
};

// Looks with 0, 1, 2 ... preemptions. Nothing if none is found within `most`.
std::optional<model::Schedule> shortest(const model::Model& model, const Wanted& wanted, unsigned most = 4);

}  // namespace mirrorscope
