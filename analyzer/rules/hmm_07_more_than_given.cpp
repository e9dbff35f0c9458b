// SPDX-License-Identifier: Apache-2.0
// HMM-07: a device gets no more of a page than hmm_range_fault() gave: not the right to write, not its neighbours.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MoreThanGiven final : public RuleOf<MoreThanGiven> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (e.source != MS_page_source_hmm_read && e.source != MS_page_source_hmm_write && e.source != MS_page_source_pin_read) return;
    if (e.write && e.source != MS_page_source_hmm_write)
      return judge.broken(e.h, e.h.time, {},
                          fmt::format("{} is mapped for writing, and the lookup gave it for reading: a copy-on-write page is shared",
                                      range_text(e.start, e.end)),
                          f.sub ? f.sub->fn : 0);
    // a block that reaches beyond what was asked for is right as long as its notifier watches all of it
    const uint64_t block = uint64_t{4096} << (e.order & 31);
    const uint64_t first = e.start & ~(block - 1), last = first + block - 1;
    const bool inside = e.end - e.start >= block && first == e.start;
    if (!inside && e.order) {
      if (!f.sub || f.sub->removed) return judge.unknown();  // the address may have been given to another
      if (first < f.sub->start || last > f.sub->last)
        return judge.broken(e.h, f.sub->range_said, {},
                            fmt::format("one translation of order {} covers {}, and the sub watches {}", e.order,
                                        range_text(first, last + 1), range_text(f.sub->start, f.sub->last + 1)),
                            f.sub->fn);
    }
    judge.held();
  }
};

RULE(hmm_07_more_than_given, MoreThanGiven,
     {.id = "HMM-07",
      .name = "more_than_given",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a page is mapped for writing only if its lookup had HMM_PFN_WRITE, and one translation reaches no further than the "
              "range or its notifier",
      .because = "include/linux/hmm.h, HMM_PFN_WRITE \"if the page memory can be written to (requires HMM_PFN_VALID)\", "
                 "hmm_pfn_to_map_order() \"The caller must be careful with edge cases as the start and end VA of the given page may "
                 "extend past the range used with hmm_range_fault()\"",
      .not_claimed = "mappings whose hook cannot see where the pages are from; blocks that an mmu_notifier over the whole mm watches",
      .look_at = "where the flags of a pfn become those of the device's entry",
      .also = {},
      .excuses = {EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
