// SPDX-License-Identifier: Apache-2.0
// Which breaches of one rule are kept in full, so that memory is bounded and nothing that is decided from them depends on how many there
// were, in which order they came, or how many threads judged.
//
// Breaches are told apart by cause: the callback, the events that prove it, and the sentence without its numbers. Of each cause the first
// are kept, and of the rest one for each stretch of time, that with the narrowest evidence window: a loss that explains this one away
// would explain its neighbours, too, so that a breach that is proven is not hidden behind many that are in doubt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "driver-model/mirror/few.h"

namespace mirrorscope {

struct Evidence {
  EventRef event;
  std::string role;  // what this event shows, as half a sentence
};

// A breach as the rule saw it. It becomes a finding only if no record was lost where it could explain it away.
struct Candidate {
  EventRef completing;             // the one event that completes it
  uint64_t mm = 0;
  uint32_t tid = 0;
  uint32_t tgid = 0;
  uint64_t from = 0;               // start of the evidence window
  uint64_t of_driver = UINT64_MAX; // and of what drivers say, where that is earlier (analyzer/rule.h, Since)
  uint64_t fn = 0;                 // callback concerned, 0 if none
  std::string what;                // one sentence with the values
  std::vector<Evidence> evidence;  // oldest first, the completing event last
  uint64_t count = 1;              // breaches that it stands for, once they are settled: more than one for a stretch of time
  uint64_t awaited = 0;            // something had to come behind the completing event, and had not until then; 0 = nothing had to

  uint64_t until() const { return awaited > completing.time ? awaited : completing.time; }  // end of the evidence window
};

class Candidates {
 public:
  static constexpr size_t kFirst = 16;    // of each cause
  static constexpr size_t kSpread = 32;   // stretches of time of each cause, behind the first
  static constexpr size_t kCauses = 32;   // of a rule; breaches of more count as one cause, and what that holds is not complete

  void add(Candidate candidate);
  // What another engine kept of the same rule, for other address spaces.
  void add(const Candidates& other);

  // All that are kept, each with how many breaches it stands for (1, but for those of a stretch of time). In no order that means something.
  template <typename Visit>
  void each(Visit visit) const {
    for (const auto& [key, cause] : causes_) cause.each(visit);
    others_.each(visit);
  }
  // Were there causes of which nothing is kept?
  bool all_causes() const { return !others_.count(); }

 private:
  struct Stretch {
    uint64_t count = 0;
    Candidate narrowest;
    void take(Candidate candidate, uint64_t many);
  };
  class Cause {
   public:
    void add(Candidate candidate, uint64_t count);
    void add(const Cause& other);
    uint64_t count() const { return count_; }
    template <typename Visit>
    void each(Visit visit) const {
      for (const Candidate& c : first_) visit(c, uint64_t{1});
      for (const auto& [at, s] : spread_) visit(s.narrowest, s.count);
    }

   private:
    void add_to_spread(Candidate candidate, uint64_t count);
    void widen();
    uint64_t count_ = 0;
    std::vector<Candidate> first_;         // sorted by time
    std::map<uint64_t, Stretch> spread_;   // by time >> shift_
    unsigned shift_ = 0;
  };

  // Of all causes those with the smallest keys are kept: which these are does not depend on an order.
  std::map<uint64_t, Cause> causes_;
  Cause others_;
};

// The same for every breach of one rule that has the same cause: the callback, the chain of events, the words of the sentence.
uint64_t cause_of(const Candidate& candidate);

}  // namespace mirrorscope
