// SPDX-License-Identifier: Apache-2.0
// How the executions of a model are gone through: strategies, bounds, and what was covered in the end.
//
//   struct Count : Observer { bool execution(const Execution& e) override { ++n; return true; } ... };
//   Covered c = explore("exhaustive", model, {}, &count);
//   c.exhaustive, c.states, to_text(c)
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "driver-model/explore/schedule.h"
#include "driver-model/machine/compile.h"
#include "driver-model/machine/step.h"

namespace mirrorscope::model {

struct Bounds {
  uint64_t states = 100'000'000;
  uint64_t executions = UINT64_MAX;
  unsigned depth = 2'000;
  unsigned preemptions = 2;      // bounded: times that a thread is left although it could go on
  unsigned change_points = 3;    // pct
  uint64_t seed = 1;             // pct, random
  bool count_states = true;      // pct, random: half of their time
  bool reduction = true;         // partial-order reduction and symmetry; off to show what they save
  std::atomic<uint64_t>* progress = nullptr;  // states or executions so far
};

// From the first state to one where nobody can go on, or to one that has been seen before.
struct Execution {
  const Schedule& schedule;
  Records& records;
  Hits hits;       // of all of its steps
  bool whole;      // it ends because nobody can go on
};

class Observer {
 public:
  virtual ~Observer() = default;
  // False: no more, records need not be made any longer. With `stop` set, the exploration ends too.
  virtual bool execution(const Execution& e, bool& stop) = 0;
};

struct Covered {
  uint64_t states = 0;       // distinct ones
  uint64_t transitions = 0;
  uint64_t executions = 0;
  uint64_t observed = 0;     // of these, given to the observer
  unsigned deepest = 0;
  bool exhaustive = false;   // nothing was left out but what the reduction proves equivalent
  Hits hits = 0;
  Schedule first_hit;        // the first execution with one
  std::string bound;         // what it is exhaustive within, or which bound was hit
};

// By the strategy of that name (strategy.h): "exhaustive", "every", "bounded", "pct", "random". The program ends if there is none.
Covered explore(std::string_view strategy, const Model&, const Bounds&, Observer*);
Covered explore_replay(const Model&, const Schedule&, Observer*);    // one; bound says where it cannot go on

// "12,345 states, 67,890 transitions, 1,234 executions, exhaustive within 2 threads, 2 pages"
std::string to_text(const Covered&);

}  // namespace mirrorscope::model
