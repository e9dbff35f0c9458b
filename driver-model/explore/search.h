// SPDX-License-Identifier: Apache-2.0
// How a search begins, takes a step, and ends an execution: what exhaustive, every and bounded have in common.
#pragma once

#include "driver-model/explore/explore.h"

namespace mirrorscope::model {

class Search {
 protected:
  Search(const Model& m, const Bounds& b, Observer* o) : m_(m), bounds_(b), observer_(o) { out_.records = o ? &records_ : nullptr; }

  // The first state in which a thread has a choice; out_.hits says what was hit on the way.
  State beginning() {
    State first = m_.initial;
    if (observer_) record_beginning(m_, records_);
    settle(m_, first, out_);
    return first;
  }

  // Takes `s` one step on, with which the schedule then ends; out_.hits says what that step hit.
  void go_on(State& s, u8 thread, u8 choice) {
    out_.hits = 0;
    step(m_, s, thread, choice, out_);
    went_on(thread, choice);
  }
  void went_on(u8 thread, u8 choice) {
    ++covered_.transitions;
    schedule_.push_back({thread, choice});
  }

  // An execution is over: `whole` if nobody can go on, otherwise it leads to what has been seen or was not gone into.
  void ends(Hits hits, bool whole) {
    ++covered_.executions;
    if (hits && !covered_.hits) covered_.first_hit = schedule_;
    covered_.hits |= hits;
    if (observer_) {
      ++covered_.observed;
      if (!observer_->execution({schedule_, records_, hits, whole}, stopped_)) {
        observer_ = nullptr;
        out_.records = nullptr;
      }
    }
    if (covered_.executions >= bounds_.executions) stopped_ = true;
  }

  const Model& m_;
  const Bounds& bounds_;
  Observer* observer_;
  Outcome out_;
  Records records_;
  Schedule schedule_;
  Covered covered_;
  bool stopped_ = false;
};

}  // namespace mirrorscope::model
