// SPDX-License-Identifier: Apache-2.0
// REG-20: a registration cache does not hand out a region whose addresses were given away since.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheStaleHit final : public RuleOf<CacheStaleHit> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) { regions_.insert(e, f); }
  void on(const ev_vma_unmap& e, const Facts& f, Judge&) { regions_.unmapped(e.h, f, e.start, e.end); }
  void on(const ev_vma_remap& e, const Facts& f, Judge&) { regions_.unmapped(e.h, f, e.start, e.end); }

  void on(const ev_vma_discard& e, const Facts& f, Judge&) {
    if (f.takes_away) regions_.unmapped(e.h, f, e.start, e.end);
  }

  void on(const ev_ucache_hit& e, const Facts& f, Judge& judge) {
    const CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return judge.unknown();
    if (!r->lost || r->lost.time + Mirror::kClockSlack >= e.h.time) return judge.held();
    judge.broken(e.h, r->inserted.time, {{r->inserted, "the region was registered"}, {r->lost, "its addresses were given away"}},
                 fmt::format("region {} of {} is used again, and its pages are not what the process has at these addresses now",
                             hex(r->region), range_text(r->start, r->end)));
  }

  void on(const ev_ucache_evict& e, const Facts&, Judge&) {
    if (e.freed) regions_.drop(e.cache, e.region);
  }

 private:
  CachedRegions regions_;
};

RULE(reg_20_cache_stale_hit, CacheStaleHit,
     {.id = "REG-20",
      .name = "cache_stale_hit",
      .level = Level::hard,
      .party = Party::application,
      .says = "a registration cache of user space hands out no region of which a part was unmapped, moved or discarded since it was registered",
      .because = "Documentation/core-api/pin_user_pages.rst: a pin keeps pages, not addresses; the contract of every such cache, not one "
                 "of the kernel's or the driver's",
      .not_claimed = "regions from before recording; that the kernel or a driver did anything wrong; MADV_FREE, which a pin defeats; "
                     "shared memory that was only discarded, if it was mapped before recording",
      .look_at = "the hook that should have told the cache: mremap, MAP_FIXED, shmdt, a second owner of the hooks",
      .also = {}})

}  // namespace mirrorscope::rules
