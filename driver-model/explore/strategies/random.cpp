// SPDX-License-Identifier: Apache-2.0
// Any thread that can go on, each as likely as the other.
#include "driver-model/explore/strategy.h"
#include "driver-model/explore/walk.h"

namespace mirrorscope::model {

static Covered explore_random(const Model& m, const Bounds& b, Observer* o) {
  Covered covered;
  Visited seen;
  Dice dice(b.seed);
  Walk walk(m, o);
  auto pick = [&](const State& s, u8 can) -> std::optional<Step> {
    for (unsigned n = dice.below(how_many(can)); n; --n) can &= static_cast<u8>(can - 1);
    const u8 t = static_cast<u8>(__builtin_ctz(can));
    return Step{t, static_cast<u8>(dice.below(choices(m, s, t)))};
  };
  while (covered.executions < b.executions && walk.run(b.depth, covered, b.count_states ? &seen : nullptr, pick))
    if (b.progress) b.progress->store(covered.executions, std::memory_order_relaxed);
  covered.bound = "not exhaustive: " + std::to_string(covered.executions) + " random executions, seed " + std::to_string(b.seed);
  return covered;
}

STRATEGY(random, .says = "any thread that can go on", .samples = true)

}  // namespace mirrorscope::model
