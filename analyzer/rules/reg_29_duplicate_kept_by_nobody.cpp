// SPDX-License-Identifier: Apache-2.0
// REG-29: of two registrations of one buffer, the one that a cache did not keep is given back.
#include <algorithm>
#include <utility>

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class DuplicateKeptByNobody final : public RuleOf<DuplicateKeptByNobody> {
 public:
  void on(const ev_reg& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.registration || !f.registration->pinned || e.end <= e.start) return;
    pairs_.take_all([&](const Pair& p) { return p.one == e.ctx || p.other == e.ctx; });
    const Registration* same = nullptr;
    const bool all = f.mm->pinned.overlapping(e.start, e.end - 1, [&](const Registration& r) {
      if (r.ctx != e.ctx && r.start == e.start && r.end == e.end && r.driver == e.driver && r.write == e.write) same = &r;
    });
    if (!all) judge.unknown();
    if (!same) return;
    pairs_.add({same->ctx, e.ctx, 0, same->begun, EventRef::of(e.h)});
    if (pairs_.forgot()) judge.unknown();
  }

  void on(const ev_ucache_insert& e, const Facts&, Judge&) {
    for (Pair& p : pairs_) {
      if (e.ctx != p.one && e.ctx != p.other) continue;
      if (p.cache)
        p.one = 0;  // each is in a cache: REG-25
      else
        p.cache = e.cache;
      if (e.ctx == p.other) std::swap(p.one, p.other), std::swap(p.one_made, p.other_made);
    }
    pairs_.take_all([](const Pair& p) { return !p.one; });
  }

  void on(const ev_dereg& e, const Facts&, Judge& judge) {
    pairs_.take_all([&](const Pair& p) {
      if (p.other != e.ctx) return false;
      if (p.cache) judge.held();
      return true;
    });
  }

  // The cache is gone and with it the last one who could have found either.
  void on(const ev_ucache_end& e, const Facts&, Judge& judge) {
    pairs_.take_all([&](const Pair& p) {
      if (p.cache != e.cache) return false;
      const Registration* left = mirror_->registration(p.other);
      if (!left || left->ended) return true;
      judge.broken(e.h, std::min(p.one_made.time, p.other_made.time),
                   {{p.one_made, "registered; the cache kept this one"}, {p.other_made, "registered once more; no cache kept it"}},
                   fmt::format("the cache is gone and registration {} of {} stays: it was made beside {}, which the cache kept, and nobody can find "
                               "it to give its pins back",
                               hex(p.other), range_text(left->start, left->end), hex(p.one)));
      return true;
    });
  }

 private:
  struct Pair {
    uint64_t one, other;  // ctxs; once `cache` is known, `one` is what it kept
    uint64_t cache;
    EventRef one_made, other_made;
  };

  History<Pair, 256> pairs_;
};

RULE(reg_29_duplicate_kept_by_nobody, DuplicateKeptByNobody,
     {.id = "REG-29",
      .name = "duplicate_kept_by_nobody",
      .level = Level::hazard,
      .party = Party::application,
      .says = "where two registrations of the same addresses were made and a cache kept one, the other is deregistered before the cache is gone",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va(): its pages are pinned and count against RLIMIT_MEMLOCK until the registration ends; "
                 "two threads that miss a cache at the same time register twice, and only one insert can win",
      .not_claimed = "registrations that another library or protection domain made for itself and keeps without a cache; caches that live as long as "
                     "the process",
      .look_at = "what the cache does with the registration of the thread whose insert found the key there already",
      .also = {}})

}  // namespace mirrorscope::rules
