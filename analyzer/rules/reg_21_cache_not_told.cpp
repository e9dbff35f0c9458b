// SPDX-License-Identifier: Apache-2.0
// REG-21: a registration cache hears of all that is unmapped before the addresses are used again.
#include "analyzer/cached_regions.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheNotTold final : public RuleOf<CacheNotTold> {
 public:
  void on(const ev_ucache_insert& e, const Facts&, Judge&) { regions_.insert(e); }
  void on(const ev_ucache_event& e, const Facts&, Judge&) { regions_.told(e); }
  void on(const ev_ucache_evict& e, const Facts&, Judge&) { regions_.drop(e.cache, e.region); }
  void on(const ev_vma_unmap& e, const Facts&, Judge&) { regions_.unmapped(e.h, e.start, e.end); }
  void on(const ev_vma_remap& e, const Facts&, Judge& judge) {
    regions_.unmapped(e.h, e.start, e.end);
    reused(e.h, e.to_start, e.to_end, judge);
  }
  void on(const ev_vma_map& e, const Facts&, Judge& judge) { reused(e.h, e.start, e.end, judge); }

 private:
  void reused(const ev_header& h, uint64_t start, uint64_t end, Judge& judge) {
    if (regions_.empty()) return;
    regions_.overlapping(h.mm, start, end, [&](CachedRegion& r) {
      if (!r.lost || end <= r.lost_start || r.lost_end <= start) return;
      if (r.knows()) return judge.held();
      judge.broken(h, r.inserted.time, {{r.inserted, "the region was registered"}, {r.lost, "its addresses were given away"}},
                   fmt::format("{} is mapped anew and the cache was told {} of {} being unmapped under region {}",
                               range_text(start, end), r.told ? "only a part" : "nothing", range_text(r.lost_start, r.lost_end),
                               hex(r.region)));
      r.lost = EventRef{};
    });
  }
  CachedRegions regions_;
};

RULE(reg_21_cache_not_told, CacheNotTold,
     {.id = "REG-21",
      .name = "cache_not_told",
      .level = Level::hard,
      .party = Party::application,
      .says = "before addresses are used again, a cache that holds a region there has heard of all of it that was unmapped",
      .because = "fs/userfaultfd.c, userfaultfd_unmap_prep() waits for the reader; hooks of munmap() tell before the call: the contract "
                 "of the cache with whatever tells it",
      .not_claimed = "that the region was used in between: REG-20; regions that the cache had evicted by itself",
      .look_at = "events that have no hook, and hooks that tell only the base address",
      .also = {}})

}  // namespace mirrorscope::rules
