// SPDX-License-Identifier: Apache-2.0
// One execution from the first state to the last, each next step picked by somebody. What random, pct and replay have in common.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "driver-model/explore/explore.h"
#include "driver-model/explore/reduction.h"
#include "driver-model/explore/visited.h"

namespace mirrorscope::model {

class Walk {
 public:
  Walk(const Model& m, Observer* o) : model(m), observer(o) {}

  // `seen`: where states are counted, or null. pick(state, ready threads) -> Step, or nothing to end early. False if the observer wants no more.
  template <typename Pick>
  bool run(unsigned depth, Covered& covered, Visited* seen, Pick pick) {
    State s;
    std::memcpy(static_cast<void*>(&s), &model.initial, model.state_bytes());
    schedule.clear();
    records.cut({});
    Outcome out{0, observer ? &records : nullptr};
    if (observer) record_beginning(model, records);
    settle(model, s, out);
    bool whole = false;
    for (;;) {
      if (seen) seen->add(fingerprint(model, s));
      const u8 can = ready_threads(model, s);
      if (!can) {
        out.hits |= at_end(model, s);
        whole = true;
        break;
      }
      if (schedule.size() >= depth) break;
      const std::optional<Step> next = pick(s, can);
      if (!next) break;
      step(model, s, next->thread, next->choice, out);
      schedule.push_back(*next);
      ++covered.transitions;
    }
    ++covered.executions;
    covered.deepest = std::max(covered.deepest, static_cast<unsigned>(schedule.size()));
    if (out.hits && !covered.hits) covered.first_hit = schedule;
    covered.hits |= out.hits;
    if (seen) covered.states = seen->size();
    bool stop = false;
    if (observer) {
      ++covered.observed;
      if (!observer->execution({schedule, records, out.hits, whole}, stop)) observer = nullptr;
    }
    return !stop;
  }

  const Model& model;
  Observer* observer;

 private:
  Schedule schedule;  // of the execution; kept, as its memory is
  Records records;
};

// splitmix64 (Steele 2014): the same numbers on every machine, unlike <random>'s distributions.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t roll() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  unsigned below(unsigned n) {
    const uint64_t rolled = roll();
    return static_cast<unsigned>(n & (n - 1) ? rolled % n : rolled & (n - 1));  // nearly always two or one: no division
  }

 private:
  uint64_t state_;
};

}  // namespace mirrorscope::model
