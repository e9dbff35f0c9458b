// SPDX-License-Identifier: Apache-2.0
// One schedule, step by step. It says where a step cannot be done: the schedule is then of another profile, mutant or version.
#include "driver-model/explore/walk.h"

namespace mirrorscope::model {

Covered explore_replay(const Model& m, const Schedule& schedule, Observer* o) {
  Covered covered;
  Visited seen;
  Walk walk(m, o);
  size_t at = 0;
  walk.run(static_cast<unsigned>(schedule.size()) + 1, covered, &seen, [&](const State& s, u8 can) -> std::optional<Step> {
    if (at == schedule.size()) return std::nullopt;
    const Step next = schedule[at];
    if (next.thread >= m.thread_count() || !(can >> next.thread & 1) || next.choice >= choices(m, s, next.thread)) return std::nullopt;
    ++at;
    return next;
  });
  covered.bound = at == schedule.size() ? "one execution, replayed"
                                        : "cannot be replayed: step " + std::to_string(at + 1) + " of " +
                                              std::to_string(schedule.size()) + " is not possible";
  return covered;
}

}  // namespace mirrorscope::model
