// SPDX-License-Identifier: Apache-2.0
// Breaches that a record of another CPU would explain if it was in truth earlier, although its time says a little later
// (Mirror::kClockSlack): they are reported once no such record came.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/rule.h"

namespace mirrorscope {

class Suspects {
 public:
  static constexpr size_t kMost = 1024;  // that wait at a time: more, in two microseconds, is nothing that anybody would read

  // `key`: the object whose records may explain it. Where too many wait already it is an occasion that could not be judged.
  [[gnu::cold, gnu::noinline]] void add(const ev_header& completing, uint64_t key, const Since& since, std::vector<Evidence> evidence,
                                        std::string what, uint64_t fn = 0) {
    if (list_.size() < kMost)
      list_.push_back({completing, key, since, std::move(evidence), std::move(what), fn});
    else
      ++not_kept_;
  }
  // Would one more not be kept? For who goes through many at once: the sentence need not be made.
  bool full(Judge& judge) const {
    if (list_.size() < kMost) [[likely]]
      return false;
    judge.unknown();
    return true;
  }

  // To be called for every record that may explain one; `h` explains those about `key` that another event completed.
  void explain(const ev_header& h, uint64_t key, Judge& judge) {
    if (!list_.empty()) [[unlikely]]
      drop_explained(h, key, judge);
  }

  // Reports what nothing can explain any more at this time.
  void settle(uint64_t now, Judge& judge) {
    for (; not_kept_; --not_kept_) judge.unknown();
    if (!list_.empty()) [[unlikely]]
      report(now, judge);
  }

 private:
  struct One {
    ev_header completing;
    uint64_t key;
    Since since;
    std::vector<Evidence> evidence;
    std::string what;
    uint64_t fn;
  };
  [[gnu::cold, gnu::noinline]] void drop_explained(const ev_header& h, uint64_t key, Judge& judge) {
    report(h.time, judge);
    std::erase_if(list_,
                  [&](const One& s) { return s.key == key && s.completing.cpu != h.cpu && s.completing.id != h.id; });
  }

  [[gnu::cold, gnu::noinline]] void report(uint64_t now, Judge& judge) {
    std::erase_if(list_, [&](One& s) {
      if (s.completing.time + Mirror::kClockSlack >= now) return false;
      judge.broken(s.completing, s.since, std::move(s.evidence), std::move(s.what), s.fn);
      return true;
    });
  }

  std::vector<One> list_;
  size_t not_kept_ = 0;
};

// A rule that has suspects: the trace's end is when nothing can explain them any more.
template <typename Self>
class SuspectingRule : public RuleOf<Self> {
 public:
  void finish(uint64_t, const Mirror&, Judge& judge) override { suspects_.settle(UINT64_MAX, judge); }

 protected:
  Suspects suspects_;
};

}  // namespace mirrorscope
