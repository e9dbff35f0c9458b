// SPDX-License-Identifier: Apache-2.0
// REG-24: a registration cache ends a registration before its addresses are something else.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheDeregAfterFree final : public RuleOf<CacheDeregAfterFree> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) { regions_.insert(e, f); }
  void on(const ev_vma_unmap& e, const Facts& f, Judge&) { regions_.unmapped(e.h, f, e.start, e.end); }
  void on(const ev_vma_remap& e, const Facts& f, Judge&) {
    regions_.unmapped(e.h, f, e.start, e.end);
    regions_.mapped(e.h, f, e.to_start, e.to_end);
  }
  void on(const ev_vma_map& e, const Facts& f, Judge&) { regions_.mapped(e.h, f, e.start, e.end); }

  void on(const ev_ucache_evict& e, const Facts& f, Judge& judge) {
    CachedRegion* r = regions_.find(f, e.cache, e.region);
    if (!r) return judge.unknown();
    if (!e.freed) {
      // Given up in time: what is left is a pin that its last user ends. A reader of userfaultfd hears of the unmap after it, in its own
      // thread, and nobody asks the cache meanwhile (REG-21).
      if (r->reused && r->lost_by == e.h.tid) return;
      judge.held();
      regions_.drop(e.cache, e.region);
      return;
    }
    if (r->reused && r->reused.time + Mirror::kClockSlack < e.h.time)
      judge.broken(e.h, r->inserted.time,
                   {{r->inserted, "the region was registered"}, {r->lost, "its addresses were given away"}, {r->reused, "and mapped anew"}},
                   fmt::format("region {} of {} is deregistered when {} is other memory by now", hex(r->region), range_text(r->start, r->end),
                               range_text(r->lost_start, r->lost_end)));
    else
      judge.held();
    regions_.drop(e.cache, e.region);
  }

 private:
  CachedRegions regions_;
};

RULE(reg_24_cache_dereg_after_free, CacheDeregAfterFree,
     {.id = "REG-24",
      .name = "cache_dereg_after_free",
      .level = Level::hazard,
      .party = Party::application,
      .says = "a cache ends a registration, or gives it up, before its addresses are mapped anew",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_release() ends the pins and nothing else does; user space that keeps books of "
                 "addresses beside it (rdma-core, libibverbs/memory.c, ibv_dofork_range()) applies them to the new memory",
      .not_claimed = "that it did harm: with fork support off there are no such books; regions from before recording; one that was found "
                     "no more before its addresses went, whose last user ends it late",
      .look_at = "what frees the memory, and whether it tells the cache before or after",
      .also = {}})

}  // namespace mirrorscope::rules
