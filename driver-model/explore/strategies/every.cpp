// SPDX-License-Identifier: Apache-2.0
// Every execution, without looking at states: of those that differ only in the order of steps that touch nothing in common, one
// (sleep sets on top of persistent sets; Godefroid 1996, 5.2). Here every rule sees every history whole, from the beginning to the end.
#include <algorithm>

#include "driver-model/explore/reduction.h"
#include "driver-model/explore/search.h"
#include "driver-model/explore/strategy.h"
#include "driver-model/machine/footprint.h"

namespace mirrorscope::model {

namespace {
class Every : Search {
 public:
  Every(const Model& m, const Bounds& b, Observer* o) : Search(m, b, o) {}

  Covered run() {
    const State first = beginning();
    go(first, 0, out_.hits);
    covered_.exhaustive = !stopped_;
    covered_.bound = std::to_string(m_.thread_count()) + " threads" + (stopped_ ? ", ended early" : "");
    return covered_;
  }

 private:
  // `asleep`: threads whose next step has been tried from an earlier state, and which nothing has disturbed since.
  void go(const State& s, u8 asleep, Hits hits) {
    if (stopped_) return;
    const u8 can = ready_threads(m_, s);
    if (!can) return ends(hits | at_end(m_, s));
    if (schedule_.size() >= bounds_.depth) {
      stopped_ = true;
      return;
    }
    u8 todo = (bounds_.reduction ? persistent_threads(m_, s, can) : can) & static_cast<u8>(~asleep);
    const Records::Mark mark = records_.mark();
    covered_.deepest = std::max(covered_.deepest, static_cast<unsigned>(schedule_.size()));
    for (; todo && !stopped_; todo &= static_cast<u8>(todo - 1)) {
      const u8 t = static_cast<u8>(__builtin_ctz(todo));
      const Touch touch = touch_next(m_, s, t);
      u8 still = 0;
      for (unsigned u = 0; u < m_.thread_count(); ++u)
        if (asleep >> u & 1 && !touch_next(m_, s, u).conflicts(touch)) still |= static_cast<u8>(1 << u);
      for (u8 choice = 0; choice < choices(m_, s, t); ++choice) {
        records_.cut(mark);
        State next = s;
        go_on(next, t, choice);
        go(next, still, hits | out_.hits);
        schedule_.pop_back();
      }
      if (bounds_.reduction) asleep |= static_cast<u8>(1 << t);
    }
  }

  void ends(Hits hits) {
    Search::ends(hits, true);
    if (bounds_.progress && (covered_.executions & 0xff) == 0) bounds_.progress->store(covered_.executions, std::memory_order_relaxed);
  }
};
}  // namespace

static Covered explore_every(const Model& m, const Bounds& b, Observer* o) { return Every(m, b, o).run(); }

STRATEGY(every, .says = "every execution up to equivalence, without looking at states")

}  // namespace mirrorscope::model
