// SPDX-License-Identifier: Apache-2.0
// ORD-13: what a device may have written is marked dirty before its translation goes.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class DirtLost final : public RuleOf<DirtLost> {
 public:
  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    for (const Mapping* m : f.gone) {
      // where the CPU's entry was dirty, or nobody looked, the page is written back anyway
      if (!m->write || !m->pfn || m->cpu_dirty != kClean || m->source == MS_page_source_pin) continue;  // a pin outlives it: REG-08
      if (m->dirtied) {
        judge.held();
        continue;
      }
      judge.broken(e.h, m->begun.time, {{m->begun, "the device got the page for writing; the CPU's entry was clean"}},
                   fmt::format("page {} at {} is unmapped without being marked dirty: reclaim may drop what the device wrote",
                               hex(m->pfn), range_text(m->start, m->end)));
    }
  }

  void on(const ev_page_dirty&, const Facts&, Judge&) {}

 private:
  static constexpr uint32_t kClean = 2;  // dev_map.cpu_dirty
};

RULE(ord_13_dirt_lost, DirtLost,
     {.id = "ORD-13",
      .name = "dirt_lost",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "a page that a device could write, and whose entry in the CPU's page table was clean, is marked dirty before the device's "
              "translation is removed",
      .because = "drivers/infiniband/core/umem_odp.c, ib_umem_odp_unmap_dma_pages(): set_page_dirty() where HMM_PFN_WRITE; mm/vmscan.c, "
                 "shrink_folio_list() drops clean pages",
      .not_claimed = "that the device wrote; pages whose entry was dirty when they were mapped, as a write fault leaves it; pages without "
                     "backing store, which reclaim does not drop",
      .look_at = "where the callback walks its pages: set_page_dirty() or folio_mark_dirty() for those it had for writing",
      .also = {EV_dev_map}})

}  // namespace mirrorscope::rules
