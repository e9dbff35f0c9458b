// SPDX-License-Identifier: Apache-2.0
// The list of strategies, made from the files of strategies/.
#include "driver-model/explore/strategy.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace mirrorscope::model {

#define ENTRY(name) Strategy strategy_##name();
#include "explore_strategies.inc"
#undef ENTRY

std::span<const Strategy> all_strategies() {
  static const std::vector<Strategy> all{
#define ENTRY(name) strategy_##name(),
#include "explore_strategies.inc"
#undef ENTRY
  };
  return all;
}

const Strategy* strategy_named(std::string_view name) {
  const auto all = all_strategies();
  const auto it = std::find_if(all.begin(), all.end(), [&](const Strategy& s) { return s.name == name; });
  return it == all.end() ? nullptr : &*it;
}

Covered explore(std::string_view strategy, const Model& m, const Bounds& b, Observer* o) {
  const Strategy* s = strategy_named(strategy);
  if (!s) {
    std::fprintf(stderr, "driver-model: there is no strategy '%s'\n", std::string(strategy).c_str());
    std::abort();
  }
  return s->explore(m, b, o);
}

}  // namespace mirrorscope::model
