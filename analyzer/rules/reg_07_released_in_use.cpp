// SPDX-License-Identifier: Apache-2.0
// REG-07: pages are given back only when the device has stopped using them and has no bus address of them left.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class ReleasedInUse final : public SuspectingRule<ReleasedInUse> {
 public:
  void on(const ev_page_release& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    suspects_.explain(e.h, e.ctx, judge);  // a bus address given back at the same time
    if (!f.mm || e.hold == MS_hold_dma) return;
    // a short reference: its notifier protects what is mapped from then on (arch/x86/kvm/mmu/mmu.c, kvm_mmu_finish_page_fault())
    if (e.hold == MS_hold_reference && f.ctx && promise(*f.ctx, *mirror_) == Discipline::unmap) return;
    if (f.has_hold && f.hold.count > 1) return;  // it keeps another one
    const uint64_t begun = f.ctx ? f.ctx->begun.time : 0;  // that nothing else holds the page rests on every record since
    for (const Dma& d : f.mm->dmas) {
      if (d.ctx != e.ctx || d.start >= e.end || e.start >= d.end || driver_row(d.driver).dma_end_is_late) continue;
      if (d.at.time + Mirror::kClockSlack >= e.h.time) continue;
      if (d.start == e.start && d.pfn && e.pfn && d.pfn != e.pfn) continue;  // it uses another page there
      if (maps_another(f, e)) continue;
      return suspects_.add(e.h, e.ctx, since_promised(f.ctx, {d.at.time, begun}), {{d.at, "the access began"}},
                           fmt::format("{} is given back while the device accesses {}", range_text(e.start, e.end),
                                       range_text(d.start, d.end)));
    }
    if (f.page)
      for (const Hold& h : f.page->holds)
        if (h.ctx == e.ctx && h.hold == MS_hold_dma)
          return suspects_.add(e.h, e.ctx, since_promised(f.ctx, {h.at.time, begun}), {{h.at, "its bus address was made"}},
                               fmt::format("page {} is given back before its bus address is unmapped", hex(e.pfn)));
    judge.held();
  }

  void on(const ev_dma_end& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
  void on(const ev_dma_begin&, const Facts&, Judge&) {}
  void on(const ev_page_hold&, const Facts&, Judge&) {}

 private:
  // Pages that were pinned and not kept, because somebody else was faster or they had gone stale, were never the device's.
  static bool maps_another(const Facts& f, const ev_page_release& e) {
    bool another = false;
    if (f.ctx && e.pfn)
      f.mm->mappings.overlapping(e.start, e.start, [&](const Mapping& m) { another |= m.ctx == f.ctx && m.pfn && m.pfn != e.pfn; });
    return another;
  }
};

RULE(reg_07_released_in_use, ReleasedInUse,
     {.id = "REG-07",
      .name = "released_in_use",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a driver gives back a page after the last access to it is over and after dma_unmap of it",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_release(): ib_dma_unmap_sgtable_attrs() first, "
                 "unpin_user_page_range_dirty_lock() then; Documentation/core-api/pin_user_pages.rst",
      .not_claimed = "work in flight that has no rows of its own; hooks that see the end of an access late",
      .look_at = "the order of the release path, and of its error paths",
      .also = {EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
