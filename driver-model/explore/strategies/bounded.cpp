// SPDX-License-Identifier: Apache-2.0
// Every execution in which a thread that could go on is left at most so many times (Musuvathi and Qadeer 2007): few are enough for most
// bugs, and they are the executions that people can follow. Without reduction; a state counts as seen only with the same thread
// running and as many preemptions left or more.
#include <algorithm>
#include <unordered_map>

#include "driver-model/explore/reduction.h"
#include "driver-model/explore/search.h"
#include "driver-model/explore/strategy.h"

namespace mirrorscope::model {

namespace {
class Bounded : Search {
 public:
  Bounded(const Model& m, const Bounds& b, Observer* o) : Search(m, b, o) {}

  Covered run() {
    const State first = beginning();
    go(first, kThreads, bounds_.preemptions, out_.hits);
    covered_.states = seen_.size();
    covered_.exhaustive = !stopped_;
    covered_.bound = std::to_string(m_.thread_count()) + " threads, " + std::to_string(bounds_.preemptions) + " preemptions" +
                     (stopped_ ? ", ended early" : "");
    return covered_;
  }

 private:
  void go(const State& s, unsigned last, unsigned left, Hits hits) {
    if (stopped_) return;
    const u8 can = ready_threads(m_, s);
    if (!can) return ends(hits | at_end(m_, s), true);
    if (schedule_.size() >= bounds_.depth || seen_.size() >= bounds_.states) {
      stopped_ = true;
      return ends(hits, false);
    }
    const uint64_t f = fingerprint(m_, s, false) * (2 * kThreads + 1) + last;
    auto [it, fresh] = seen_.try_emplace(f, static_cast<u8>(left));
    if (!fresh && it->second >= left) return ends(hits, false);
    it->second = static_cast<u8>(left);
    covered_.deepest = std::max(covered_.deepest, static_cast<unsigned>(schedule_.size()));
    const bool goes_on = last < kThreads && can >> last & 1;
    const Records::Mark mark = records_.mark();
    for (u8 i = 0; i < m_.thread_count(); ++i) {
      const u8 t = static_cast<u8>((last + i) % m_.thread_count());  // the running thread first
      if (!(can >> t & 1)) continue;
      const bool preempts = goes_on && t != last;
      if (preempts && !left) continue;
      for (u8 choice = 0; choice < choices(m_, s, t); ++choice) {
        records_.cut(mark);
        State next = s;
        go_on(next, t, choice);
        go(next, t, left - preempts, hits | out_.hits);
        schedule_.pop_back();
      }
    }
  }

  std::unordered_map<uint64_t, u8> seen_;
};
}  // namespace

static Covered explore_bounded(const Model& m, const Bounds& b, Observer* o) { return Bounded(m, b, o).run(); }

STRATEGY(bounded, .says = "every execution with few preemptions")

}  // namespace mirrorscope::model
