// SPDX-License-Identifier: Apache-2.0
// REG-21: a registration cache hears of all that is unmapped before it is asked for the addresses again.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheNotTold final : public RuleOf<CacheNotTold> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) { regions_.insert(e, f); }
  void on(const ev_vma_unmap& e, const Facts& f, Judge&) { regions_.unmapped(e.h, f, e.start, e.end); }
  void on(const ev_vma_remap& e, const Facts& f, Judge& judge) {
    regions_.unmapped(e.h, f, e.start, e.end);
    reused(e.h, f, e.to_start, e.to_end, judge);
  }
  void on(const ev_vma_map& e, const Facts& f, Judge& judge) { reused(e.h, f, e.start, e.end, judge); }

  // Whoever reads a userfaultfd lets munmap() go on as soon as it has read, and tells the cache before that is asked again.
  void on(const ev_ucache_event& e, const Facts& f, Judge& judge) {
    regions_.told(e, f);
    regions_.overlapping(f, e.start, e.end, [&](CachedRegion& r) {
      if (r.reused && r.knows()) settle(r), judge.held();
    });
  }

  void on(const ev_ucache_hit& e, const Facts& f, Judge& judge) {
    if (CachedRegion* r = regions_.find(f, e.cache, e.region)) asked(e.h, *r, "is found", judge);
  }
  void on(const ev_ucache_evict& e, const Facts& f, Judge& judge) {
    CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return;
    if (r->told && (!r->lost || r->knows()))
      judge.held();
    else
      asked(e.h, *r, "is given up", judge);
    regions_.drop(e.cache, e.region);
  }

 private:
  void reused(const ev_header& h, const Facts& f, uint64_t start, uint64_t end, Judge& judge) {
    if (regions_.empty()) return;
    regions_.overlapping(f, start, end, [&](CachedRegion& r) {
      if (!r.lost || end <= r.lost_start || r.lost_end <= start) return;
      if (r.knows())
        settle(r), judge.held();
      else
        r.reused = EventRef::of(h);
    });
  }

  void asked(const ev_header& h, CachedRegion& r, std::string_view how, Judge& judge) {
    if (!r.reused || r.reused.time + Mirror::kClockSlack >= h.time) return;
    judge.broken(h, r.inserted.time,
                 {{r.inserted, "the region was registered"}, {r.lost, "its addresses were given away"}, {r.reused, "and mapped anew"}},
                 fmt::format("region {} {}, and the cache was told {} of {} being unmapped, which is other memory by now", hex(r.region), how,
                             r.told ? "only a part" : "nothing", range_text(r.lost_start, r.lost_end)));
    settle(r);
  }

  static void settle(CachedRegion& r) { r.lost = r.told = r.reused = EventRef{}; }

  CachedRegions regions_;
};

RULE(reg_21_cache_not_told, CacheNotTold,
     {.id = "REG-21",
      .name = "cache_not_told",
      .level = Level::hard,
      .party = Party::application,
      .says = "before a cache finds or gives up a region whose addresses are other memory by now, it has heard of all of it that was unmapped",
      .because = "fs/userfaultfd.c, userfaultfd_unmap_complete() waits until the event is read, not until the reader has told the cache; "
                 "hooks of munmap() tell before the call: the contract of the cache with whatever tells it",
      .not_claimed = "that the region was used in between: REG-20; regions that the cache had evicted by itself; regions that nobody "
                     "asks for any more",
      .look_at = "events that have no hook, and hooks that tell only the base address",
      .also = {}})

}  // namespace mirrorscope::rules
