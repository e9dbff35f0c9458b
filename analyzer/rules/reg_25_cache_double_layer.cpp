// SPDX-License-Identifier: Apache-2.0
// REG-25: the same memory is in one registration cache of a process at a time.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CacheDoubleLayer final : public RuleOf<CacheDoubleLayer> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge& judge) {
    const CachedRegion* other = nullptr;
    bool unclear = false;
    regions_.overlapping(f, e.start, e.end, [&](CachedRegion& r) {
      if (r.cache == e.cache) return;
      // one that registers through the other shares its registration, now or, with none of its own yet, later: UCX, ucp_memh_get_slow()
      // of src/ucp/core/ucp_mm.c makes the region of its cache before it asks the devices, which have caches of their own
      if (!e.ctx || !r.ctx)
        unclear = true;
      else if (r.ctx != e.ctx)
        other = &r;
    });
    if (!other && unclear)
      judge.unknown();
    else if (other)
      judge.broken(e.h, other->inserted.time, {{other->inserted, "another cache registered it"}},
                   fmt::format("cache {} keeps {}, of which cache {} keeps {} already: each has its own hooks, and may miss what the other hears",
                               hex(e.cache), range_text(e.start, e.end), hex(other->cache), range_text(other->start, other->end)));
    else
      judge.held();
    regions_.insert(e, f);
  }
  void on(const ev_ucache_evict& e, const Facts&, Judge&) { regions_.drop(e.cache, e.region); }
  void on(const ev_ucache_end& e, const Facts&, Judge&) { regions_.drop_cache(e.cache); }

 private:
  CachedRegions regions_;
};

RULE(reg_25_cache_double_layer, CacheDoubleLayer,
     {.id = "REG-25",
      .name = "cache_double_layer",
      .level = Level::smell,
      .party = Party::application,
      .says = "no two registration caches of a process keep the same addresses at a time, each by a registration of its own",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va() pins and accounts each registration for itself; the hooks that both "
                 "caches rely on may have one owner only",
      .not_claimed = "that it is wrong: two devices need a registration each; that a hook was lost: REG-21; a cache "
                     "that registers through the other: both rest on one registration; one of which no registration was seen",
      .look_at = "whether a library caches above another that does (MPI above UCX or libfabric), and who owns the memory hooks",
      .also = {}})

}  // namespace mirrorscope::rules
