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
#include "driver-model/explore/visited.h"

namespace mirrorscope::model {

namespace {
struct Node {
  State s;
  uint64_t fingerprint;
  u8 ready, todo;      // threads that can go on; of these, still to be tried
  u8 choice;           // the next outcome of the lowest of todo
  Records::Mark mark;
  Hits hits;           // so far on this path
};

class Exhaustive : Search {
 public:
  Exhaustive(const Model& m, const Bounds& b, Observer* o) : Search(m, b, o) {}

  Covered run() {
    path_.reserve(256);
    const State first = beginning();
    arrive(first, out_.hits);
    while (!path_.empty() && !stopped_) advance();
    covered_.states = visited_.size();
    covered_.exhaustive = !stopped_ && covered_.bound.empty();
    if (covered_.bound.empty())
      covered_.bound = std::to_string(m_.thread_count()) + " threads" + (stopped_ ? ", ended at the first finding" : "");
    return covered_;
  }

 private:
  void arrive(const State& s, Hits hits) {
    const uint64_t f = fingerprint(m_, s, bounds_.reduction);
    const bool fresh = visited_.add(f);
    if (!fresh) {
      if (on_path(f)) {
        // back where it came from: waiting is done by instructions that wait, so this can go on for ever without them
        hits |= hit_livelock;
        Node& top = path_.back();
        u8& tried = tried_.back();
        top.todo |= static_cast<u8>(top.ready & ~tried);
        tried = top.ready;
      }
      return ends(hits, false);
    }
    if (bounds_.progress && (visited_.size() & 0xfff) == 0) bounds_.progress->store(visited_.size(), std::memory_order_relaxed);
    const u8 can = ready_threads(m_, s);
    if (!can) return ends(hits | at_end(m_, s), true);
    if (visited_.size() >= bounds_.states || path_.size() >= bounds_.depth) {
      covered_.bound = visited_.size() >= bounds_.states ? "stopped at the bound of states" : "stopped at the bound of depth";
      stopped_ = visited_.size() >= bounds_.states;
      return ends(hits, false);
    }
    const u8 todo = bounds_.reduction ? persistent_threads(m_, s, can) : can;
    path_.push_back({s, f, can, todo, 0, records_.mark(), hits});
    tried_.push_back(todo);
    covered_.deepest = std::max<unsigned>(covered_.deepest, static_cast<unsigned>(path_.size()));
  }

  void advance() {
    Node& n = path_.back();
    records_.cut(n.mark);
    if (!n.todo) {
      path_.pop_back();
      tried_.pop_back();
      if (!schedule_.empty()) schedule_.pop_back();
      return;
    }
    const u8 t = static_cast<u8>(__builtin_ctz(n.todo)), choice = n.choice;
    if (choice + 1u < choices(m_, n.s, t)) {
      ++n.choice;
    } else {
      n.choice = 0;
      n.todo &= static_cast<u8>(n.todo - 1);
    }
    const State s = after(n.s, t, choice);
    const size_t depth = path_.size();
    arrive(s, n.hits | out_.hits);
    if (path_.size() == depth) schedule_.pop_back();
  }

  bool on_path(uint64_t f) const {
    return std::any_of(path_.begin(), path_.end(), [f](const Node& n) { return n.fingerprint == f; });
  }

  void ends(Hits hits, bool whole) {
    Search::ends(hits, whole);
    if (covered_.executions >= bounds_.executions) covered_.bound = "stopped at the bound of executions";
  }

  Visited visited_;
  std::vector<Node> path_;
  std::vector<u8> tried_;  // per node: threads that were or will be tried
};
}  // namespace

Covered explore_exhaustive(const Model& m, const Bounds& b, Observer* o) { return Exhaustive(m, b, o).run(); }

}  // namespace mirrorscope::model
