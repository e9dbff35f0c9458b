// SPDX-License-Identifier: Apache-2.0
// P2P-09: a cache of registrations hands out no buffer that was moved and is mapped nowhere.
#include "analyzer/rule.h"
#include "analyzer/state/cached_regions.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class MovedRegionHandedOut final : public RuleOf<MovedRegionHandedOut> {
 public:
  void on(const ev_ucache_insert& e, const Facts& f, Judge&) {
    if (e.ctx) regions_.insert(e, f);
  }

  void on(const ev_ucache_hit& e, const Facts& f, Judge& judge) {
    const CachedRegion* r = regions_.find(f, e.cache, e.region);
    const Ctx* ctx = r ? mirror_->ctx(r->ctx) : nullptr;
    if (!ctx || !ctx->maps || ctx->asks) return;  // a device that faults is given the new place when it asks
    if (!ctx->move_notified) return judge.held();
    if (ctx->move_notified.time + Mirror::kClockSlack >= e.h.time) return judge.unknown();
    judge.broken(e.h, ctx->begun.time, {{r->inserted, "the cache kept the region"}, {ctx->move_notified, "move_notify returned"}},
                 fmt::format("the cache hands out {} with registration {}, whose buffer was moved and not mapped anew: the next transfer {}",
                             range_text(r->start, r->end), hex(r->ctx),
                             ctx->mappings ? "goes to where the buffer was" : "finds no translation"));
  }

  void on(const ev_ucache_evict& e, const Facts&, Judge&) { regions_.drop(e.cache, e.region); }
  void on(const ev_ucache_end& e, const Facts&, Judge&) { regions_.drop_cache(e.cache); }

 private:
  CachedRegions regions_;
};

RULE(p2p_09_moved_region_handed_out, MovedRegionHandedOut,
     {.id = "P2P-09",
      .name = "moved_region_handed_out",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "a registration cache hands out a region of a buffer that was moved only when its importer has mapped it anew, unless its device asks by "
              "itself",
      .because = "include/linux/dma-buf.h, struct dma_buf_attach_ops: invalidate_mappings (move_notify in older kernels) says that the buffer is "
                 "moving; an importer without page faults has to pin it or to map it again by itself: drivers/infiniband/core/umem_dmabuf.c, "
                 "ib_umem_dmabuf_get_pinned_and_lock()",
      .not_claimed = "drivers that map anew when work is submitted; devices that ask for translations; regions from before the recording",
      .look_at = "the importer's move_notify: who maps the buffer again afterwards; and whether the registration could be pinned instead",
      .also = {EV_dev_map, EV_buf_move_ret}})

}  // namespace mirrorscope::rules
