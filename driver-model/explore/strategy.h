// SPDX-License-Identifier: Apache-2.0
// How one goes through the executions of a model: a strategy. One strategy is one file of strategies/, which defines explore_x() and ends with its
// row: STRATEGY(x, .says = ...). Nothing else knows its name: the command line, its help and completion come from all_strategies().
#pragma once

#include <span>
#include <string_view>

#include "driver-model/explore/explore.h"

namespace mirrorscope::model {

struct Strategy {
  std::string_view name;
  Covered (*explore)(const Model&, const Bounds&, Observer*);  // null observer: only counted; keeps nothing when it returns
  std::string_view says;       // what it goes through, for --help
  bool counts_states = false;  // Bounds::progress is in states, else in executions
  bool samples = false;        // never done by itself: Bounds::executions ends it
};

// By name; they live as long as the program.
std::span<const Strategy> all_strategies();
const Strategy* strategy_named(std::string_view name);  // null: there is none

#define STRATEGY(strategy, ...) \
  Strategy strategy_##strategy() { return {.name = #strategy, .explore = explore_##strategy, __VA_ARGS__}; }

}  // namespace mirrorscope::model
