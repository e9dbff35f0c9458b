// SPDX-License-Identifier: Apache-2.0
// REG-26: a registration cache that is gone has left no registration behind.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheLeak final : public RuleOf<CacheLeak> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) {
    regions_.insert(e, f);
    if (CachedRegion* r = regions_.find(f, e.cache, e.region)) r->users = 1;
  }
  void on(const ev_ucache_hit& e, const Facts& f, Judge&) {
    if (CachedRegion* r = regions_.find(f, e.cache, e.region)) ++r->users;
  }
  void on(const ev_ucache_put& e, const Facts& f, Judge&) {
    if (CachedRegion* r = regions_.find(f, e.cache, e.region); r && r->users) --r->users;
  }
  void on(const ev_ucache_evict& e, const Facts&, Judge&) {
    if (e.freed) regions_.drop(e.cache, e.region);
  }

  void on(const ev_ucache_end& e, const Facts&, Judge& judge) {
    size_t left = 0;
    const CachedRegion* one = nullptr;
    regions_.of_cache(e.cache, [&](CachedRegion& r) {
      // without its registration the end of a region that nobody uses is not seen
      if (!r.ctx && !r.users) return;
      ++left;
      one = &r;
    });
    if (left)
      judge.broken(e.h, one->inserted.time, {{one->inserted, "the region was registered"}},
                   fmt::format("cache {} is gone and {} of its regions {} still registered, one of {}, with {} users", hex(e.cache), left,
                               left == 1 ? "is" : "are", range_text(one->start, one->end), one->users));
    else
      judge.held();
    regions_.drop_cache(e.cache);
  }

 private:
  CachedRegions regions_;
};

RULE(reg_26_cache_leak, CacheLeak,
     {.id = "REG-26",
      .name = "cache_leak",
      .level = Level::hazard,
      .party = Party::application,
      .says = "when a registration cache is destroyed, its regions were given back by their users and deregistered",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va(): pinned pages count against RLIMIT_MEMLOCK and cannot move until the "
                 "registration ends",
      .not_claimed = "caches that live as long as the process, whose end the kernel cleans up after; regions from before recording",
      .look_at = "who got the region and did not put it: an error path, a request that was cancelled",
      .also = {}})

}  // namespace mirrorscope::rules
