// SPDX-License-Identifier: Apache-2.0
// Every state, each once: depth first, fingerprints, persistent sets.
//
// Why the oracle misses nothing. What it finds is found when one step runs, from objects that this step and those before it touched: it
// does not change when two steps that touch nothing in common change places. Persistent sets keep one order of every such pair, and
// every state where nobody can go on (Godefroid 1996, theorem 4.3). A rule is only promised one order of such a pair, and of the ways
// into one state one: where it compares the times of two records that share nothing here, it may hold in the order that is kept. A thread could be put off for ever only
// on a cycle: when a step leads back to a state of the current path, all threads of that state are tried (the stack proviso).
#include <algorithm>

#include "driver-model/explore/reduction.h"
#include "driver-model/explore/search.h"
#include "driver-model/explore/strategy.h"
#include "driver-model/explore/visited.h"

namespace mirrorscope::model {

namespace {
struct Node {
  State s;             // only Model::state_bytes() of it, the rest is zero
  Print print;         // what its fingerprint is made of
  uint64_t fingerprint;
  u8 ready, tried;     // threads that can go on; of these, those that were or will be tried
  u8 todo;             // and those whose next states have not been looked at
  u8 children = 0;     // next states that were looked at and not been to, the last ones of Exhaustive::children_
  Records::Mark mark;
  Hits hits;           // so far on this path
};

// A next state, before anybody goes there.
struct Child {
  uint64_t fingerprint;
  Print print;
  Hits hits;
  u8 thread, choice;
};

// Which fingerprints are on the path? A count per 16 bits of them says of almost all others that they are not.
class OnPath {
 public:
  void add(uint64_t f) { ++count_[f >> 48]; }
  void remove(uint64_t f) { --count_[f >> 48]; }
  bool maybe(uint64_t f) const { return count_[f >> 48]; }

 private:
  std::vector<uint16_t> count_ = std::vector<uint16_t>(1 << 16);
};

class Exhaustive : Search {
 public:
  Exhaustive(const Model& m, const Bounds& b, Observer* o) : Search(m, b, o) {}

  Covered run() {
    path_.resize(64);
    path_[0].s = beginning();
    Print print;
    const uint64_t first = fingerprint(m_, path_[0].s, bounds_.reduction, nullptr, &print);
    visited_.add(first);
    arrive(first, out_.hits, print);
    while (depth_ && !stopped_) advance();
    covered_.states = visited_.size();
    covered_.exhaustive = !stopped_ && covered_.bound.empty();
    if (covered_.bound.empty())
      covered_.bound = std::to_string(m_.thread_count()) + " threads" + (stopped_ ? ", ended at the first finding" : "");
    return covered_;
  }

 private:
  // In the state behind the path, for the first time; true if it goes on there, which the path then ends with.
  bool arrive(uint64_t f, Hits hits, const Print& print) {
    Node& n = path_[depth_];
    if (bounds_.progress && (visited_.size() & 0xfff) == 0) bounds_.progress->store(visited_.size(), std::memory_order_relaxed);
    const u8 can = ready_threads(m_, n.s);
    if (!can) return ends(hits | at_end(m_, n.s), true);
    if (visited_.size() >= bounds_.states || depth_ >= bounds_.depth) {
      covered_.bound = visited_.size() >= bounds_.states ? "stopped at the bound of states" : "stopped at the bound of depth";
      stopped_ = visited_.size() >= bounds_.states;
      return ends(hits, false);
    }
    n.fingerprint = f;
    n.print = print;
    n.ready = can;
    n.todo = n.tried = bounds_.reduction ? persistent_threads(m_, n.s, can) : can;
    n.children = 0;
    n.mark = records_.mark();
    n.hits = hits;
    on_path_.add(f);
    if (++depth_ == path_.size()) path_.resize(2 * depth_);
    covered_.deepest = std::max(covered_.deepest, static_cast<unsigned>(depth_));
    return true;
  }

  // Goes to the next state that has not been seen, or back if there is none.
  void advance() {
    Node& n = path_[depth_ - 1];
    records_.cut(n.mark);
    if (!n.children) look_ahead(n);
    if (!n.children) {
      on_path_.remove(n.fingerprint);
      --depth_;
      if (!schedule_.empty()) schedule_.pop_back();
      return;
    }
    const Child c = children_.back();
    children_.pop_back();
    --n.children;
    const bool fresh = visited_.add(c.fingerprint);
    if (fresh || observer_) {
      State& next = path_[depth_].s;
      std::memcpy(static_cast<void*>(&next), &n.s, m_.state_bytes());
      go_on(next, c.thread, c.choice);
    } else {
      went_on(c.thread, c.choice);
    }
    if (!(fresh ? arrive(c.fingerprint, n.hits | c.hits, c.print) : seen(c.fingerprint, n, n.hits | c.hits))) schedule_.pop_back();
  }

  // Every next state's place in the table is asked for before the first of them is looked up: one cache miss takes as long as all. Who
  // goes there takes the step again, which costs less than to keep the states.
  void look_ahead(Node& n) {
    const size_t first = children_.size();
    const Before before{n.s, n.print};
    for (; n.todo; n.todo &= static_cast<u8>(n.todo - 1)) {
      const u8 t = static_cast<u8>(__builtin_ctz(n.todo));
      for (u8 choice = 0, of = static_cast<u8>(choices(m_, n.s, t)); choice < of; ++choice) {
        std::memcpy(static_cast<void*>(&ahead_), &n.s, m_.state_bytes());
        Outcome unheard;
        step(m_, ahead_, t, choice, unheard);
        Child& child = children_.emplace_back();
        child.fingerprint = fingerprint(m_, ahead_, bounds_.reduction, &before, &child.print);
        visited_.will_add(child.fingerprint);
        child.hits = unheard.hits;
        child.thread = t;
        child.choice = choice;
      }
    }
    n.children = static_cast<u8>(children_.size() - first);
    std::reverse(children_.begin() + static_cast<std::ptrdiff_t>(first), children_.end());
  }

  bool seen(uint64_t f, Node& n, Hits hits) {
    if (on_path(f)) {
      // back where it came from: waiting is done by instructions that wait, so this can go on for ever without them
      hits |= hit_livelock;
      n.todo |= static_cast<u8>(n.ready & ~n.tried);
      n.tried = n.ready;
    }
    return ends(hits, false);
  }

  bool on_path(uint64_t f) const {
    if (!on_path_.maybe(f)) return false;
    return std::any_of(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(depth_), [f](const Node& n) { return n.fingerprint == f; });
  }

  bool ends(Hits hits, bool whole) {
    Search::ends(hits, whole);
    if (covered_.executions >= bounds_.executions) covered_.bound = "stopped at the bound of executions";
    return false;
  }

  Visited visited_;
  OnPath on_path_;
  std::vector<Node> path_;  // nodes behind depth_ are there to be written
  size_t depth_ = 0;
  std::vector<Child> children_;
  State ahead_{};
};
}  // namespace

static Covered explore_exhaustive(const Model& m, const Bounds& b, Observer* o) { return Exhaustive(m, b, o).run(); }

STRATEGY(exhaustive, .says = "every state once", .counts_states = true)

}  // namespace mirrorscope::model
