// SPDX-License-Identifier: Apache-2.0
// ORD-20: once an invalidation has started, no access of the device through the range is still under way.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class AccessInFlight final : public SuspectingRule<AccessInFlight> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !f.has_entry || !f.mm || f.mm->dmas.empty()) return;
    const bool only_writes = only_protects(e.reason);
    for (const Dma& d : f.mm->dmas) {
      if (d.start >= e.end || e.start >= d.end || d.at.time + Mirror::kClockSlack >= f.entry->at.time) continue;
      const Ctx* ctx = mirror_->ctx(d.ctx);
      if (!judges(ctx, d.driver) || (only_writes && !d.write)) continue;
      if (is_own(*ctx, e.reason, e.owner)) continue;
      if (suspects_.full(judge)) return;
      suspects_.add(e.h, d.ctx, since_promised(ctx, d.at.time), {{d.at, "the access began"}, {f.entry->at, "the invalidation began"}},
                    fmt::format("{} ({}) has started and an access to {} is still under way", range_text(e.start, e.end),
                                reason_text(e.reason), range_text(d.start, d.end)));
    }
  }

  void on(const ev_dma_end& e, const Facts& f, Judge& judge) {
    if (f.has_dma && judges(mirror_->ctx(e.ctx), e.driver)) judge.held();
    suspects_.explain(e.h, e.ctx, judge);
  }

  void on(const ev_dma_begin&, const Facts&, Judge&) {}

 private:
  bool judges(const Ctx* ctx, uint32_t driver) const {
    if (!ctx || driver_row(driver).dma_end_is_late) return false;
    const auto discipline = promise(*ctx, *mirror_);
    return discipline == Discipline::unmap || gates_work(discipline);
  }
};

RULE(ord_20_access_in_flight, AccessInFlight,
     {.id = "ORD-20",
      .name = "access_in_flight",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when the start of an invalidation has returned 0, accesses that began before it through the range are over",
      .because = "include/linux/mmu_notifier.h, struct mmu_interval_notifier_ops: when invalidate returns, the caller goes on to free "
                 "the pages; drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c, amdgpu_hmm_invalidate_gfx() waits for every fence",
      .not_claimed = "drivers that pin, or share the CPU's page table; hooks whose row says that they see the end of an access late; reads, "
                     "where only protection changes",
      .look_at = "what the callback waits for before it returns",
      .also = {EV_inv_start, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
