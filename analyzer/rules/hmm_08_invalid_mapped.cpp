// SPDX-License-Identifier: Apache-2.0
// HMM-08: no entry without HMM_PFN_VALID is mapped.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class InvalidMapped final : public RuleOf<InvalidMapped> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (e.source == MS_page_source_hmm_read || e.source == MS_page_source_hmm_write) return judge.held();
    if (e.source != MS_page_source_hmm_invalid) return;
    judge.broken(e.h, e.h.time, {},
                 fmt::format("{} is mapped from an entry that is not valid: the device gets page 0, or whatever stood there",
                             range_text(e.start, e.end)),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_08_invalid_mapped, InvalidMapped,
     {.id = "HMM-08",
      .name = "invalid_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "only entries of hmm_range_fault() that have HMM_PFN_VALID and not HMM_PFN_ERROR are mapped",
      .because = "include/linux/hmm.h, hmm_pfn_to_page() \"This must be called under the caller 'user_lock' after a successful "
                 "mmu_interval_read_begin(). The caller must have tested for HMM_PFN_VALID already\"",
      .not_claimed = "mappings whose hook cannot see the entries",
      .look_at = "entries that a lookup without HMM_PFN_REQ_FAULT, or one that failed, leaves empty",
      .also = {}})

}  // namespace mirrorscope::rules
