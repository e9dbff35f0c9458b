// SPDX-License-Identifier: Apache-2.0
// HMM-05: write access is asked for only together with a fault.
#include "analyzer/rule.h"
#include "analyzer/words.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::rules {

class WriteWithoutFault final : public RuleOf<WriteWithoutFault> {
 public:
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) {
    if (!(e.default_flags & kHmmReqWrite) || (e.default_flags & kHmmReqFault)) [[likely]]
      return judge.held();
    judge.broken(e.h, e.h.time, {},
                 fmt::format("default_flags {} has HMM_PFN_REQ_WRITE without HMM_PFN_REQ_FAULT: nothing is faulted at all",
                             hex(e.default_flags)),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(hmm_05_write_without_fault, WriteWithoutFault,
     {.id = "HMM-05",
      .name = "write_without_fault",
      .level = Level::hard,
      .party = Party::driver,
      .says = "default_flags has HMM_PFN_REQ_WRITE only together with HMM_PFN_REQ_FAULT",
      .because = "include/linux/hmm.h, HMM_PFN_REQ_WRITE \"Must be combined with HMM_PFN_REQ_FAULT\"; mm/hmm.c, hmm_pte_need_fault()",
      .not_claimed = "flags in the single pfns",
      .look_at = "where the driver sets range->default_flags"})

}  // namespace mirrorscope::rules
