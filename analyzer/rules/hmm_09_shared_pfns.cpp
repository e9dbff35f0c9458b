// SPDX-License-Identifier: Apache-2.0
// HMM-09: two faults that run at the same time do not fill the same array.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SharedPfns final : public RuleOf<SharedPfns> {
 public:
  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    if (!f.sub || !f.has_entry) return judge.unknown();
    for (const Fault& other : f.sub->faults) {
      if (other.pfns != e.pfns) continue;
      const EventRef& first = other.at.time < f.entry->at.time ? other.at : f.entry->at;
      const EventRef& second = other.at.time < f.entry->at.time ? f.entry->at : other.at;
      if (second.time + Mirror::kClockSlack >= e.h.time) return judge.unknown();
      return judge.broken(e.h, first.time, {{first, "one fault"}, {second, "the other, into the same array"}},
                          fmt::format("two tasks are in hmm_range_fault() with the same hmm_pfns for {}: either may read what the other "
                                      "has not validated",
                                      range_text(e.start, e.end)),
                          f.sub->fn);
    }
    judge.held();
  }
};

RULE(hmm_09_shared_pfns, SharedPfns,
     {.id = "HMM-09",
      .name = "shared_pfns",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "no two tasks are in hmm_range_fault() with the same hmm_pfns at a time",
      .because = "include/linux/hmm.h, hmm_pfn_to_page() \"must be called under the caller user_lock after a successful "
                 "mmu_interval_read_begin()\"; mm/hmm.c writes the array without any lock of the driver",
      .not_claimed = "arrays that overlap and begin at different entries; that what is read is wrong: an array that belongs to a region and not to "
                     "one fault is shared by design, and read under the driver's lock after read_retry() "
                     "(drivers/infiniband/core/umem_odp.c, ib_umem_odp_map_dma_and_lock())",
      .look_at = "what the driver reads from the array after read_retry() has failed, and after another task's fault",
      .also = {EV_range_fault, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
