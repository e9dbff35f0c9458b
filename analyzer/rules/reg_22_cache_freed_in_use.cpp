// SPDX-License-Identifier: Apache-2.0
// REG-22: a registration cache frees no region that is in use, and finds none that it has given up.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheFreedInUse final : public RuleOf<CacheFreedInUse> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) {
    regions_.insert(e, f);
    if (CachedRegion* r = regions_.find(f, e.cache, e.region)) r->users = 1;
  }

  void on(const ev_ucache_hit& e, const Facts& f, Judge& judge) {
    CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return judge.unknown();
    ++r->users;
    if (!r->evicted || r->evicted.time + Mirror::kClockSlack >= e.h.time) return judge.held();
    judge.broken(e.h, r->inserted.time, {{r->inserted, "the region was registered"}, {r->evicted, "the cache gave it up"}},
                 fmt::format("region {} is found although the cache has given it up", hex(e.region)));
  }

  void on(const ev_ucache_put& e, const Facts& f, Judge& judge) {
    CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return judge.unknown();
    if (r->users) --r->users;
  }

  void on(const ev_ucache_evict& e, const Facts& f, Judge& judge) {
    CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return judge.unknown();
    if (!e.freed) {
      r->evicted = EventRef::of(e.h);
      return;
    }
    if (r->users == 0)
      judge.held();
    else
      judge.broken(e.h, r->inserted.time, {{r->inserted, "the region was registered"}},
                   fmt::format("region {} is freed and {} still use it", hex(e.region), r->users));
    regions_.drop(e.cache, e.region);
  }

  // what it leaves behind is REG-26's
  void on(const ev_ucache_end& e, const Facts&, Judge&) { regions_.drop_cache(e.cache); }

 private:
  CachedRegions regions_;
};

RULE(reg_22_cache_freed_in_use, CacheFreedInUse,
     {.id = "REG-22",
      .name = "cache_freed_in_use",
      .level = Level::hard,
      .party = Party::application,
      .says = "a region of a registration cache is freed after its last user gave it back, and not found again once the cache gave it up",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_release() unpins at once: the device must not use it any more; counting users "
                 "is the cache's business",
      .not_claimed = "regions from before recording; that the device was at work on it",
      .look_at = "the reference count of the region on the fast path, and what becomes of one that is in use when its memory goes",
      .also = {}})

}  // namespace mirrorscope::rules
