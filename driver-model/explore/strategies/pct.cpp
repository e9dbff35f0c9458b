// SPDX-License-Identifier: Apache-2.0
// The thread of the highest priority goes on; at a few random steps it falls behind all others. A bug that needs d ordered steps is found
// with probability 1/(n k^(d-1)) per execution (Burckhardt and others, A Randomized Scheduler with Probabilistic Guarantees, 2010).
#include <array>

#include "driver-model/explore/strategy.h"
#include "driver-model/explore/walk.h"

namespace mirrorscope::model {

static Covered explore_pct(const Model& m, const Bounds& b, Observer* o) {
  Covered covered;
  Visited seen;
  Dice dice(b.seed);
  Walk walk(m, o);
  unsigned longest = 64;  // steps of an execution, as far as is known
  const unsigned n = m.thread_count();
  for (bool go = true; go && covered.executions < b.executions;) {
    std::array<int, kThreads> priority{};
    for (unsigned t = 0; t < n; ++t) priority[t] = static_cast<int>(t) + 1;
    for (unsigned t = n; t > 1; --t) std::swap(priority[t - 1], priority[dice.below(t)]);
    std::vector<unsigned> changes;
    for (unsigned i = 0; i < b.change_points; ++i) changes.push_back(dice.below(longest));
    unsigned at = 0;
    int lowest = 0;
    auto highest = [&](u8 can) {
      u8 best = static_cast<u8>(__builtin_ctz(can));
      for (u8 t = 0; t < n; ++t)
        if (can >> t & 1 && priority[t] > priority[best]) best = t;
      return best;
    };
    go = walk.run(b.depth, covered, b.count_states ? &seen : nullptr, [&](const State& s, u8 can) -> std::optional<Step> {
      if (std::find(changes.begin(), changes.end(), at++) != changes.end()) priority[highest(can)] = lowest--;
      const u8 t = highest(can);
      return Step{t, static_cast<u8>(dice.below(choices(m, s, t)))};
    });
    longest = std::max(longest, covered.deepest);
    if (b.progress) b.progress->store(covered.executions, std::memory_order_relaxed);
  }
  covered.bound = "not exhaustive: " + std::to_string(covered.executions) + " executions with " + std::to_string(b.change_points) +
                  " changes of priority, seed " + std::to_string(b.seed);
  return covered;
}

STRATEGY(pct, .says = "random priorities that change a few times (Burckhardt 2010)", .samples = true)

}  // namespace mirrorscope::model
