// SPDX-License-Identifier: Apache-2.0
// HMM-04: a fault that succeeded has given every page that was asked for, writable if that was asked for.
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::rules {

class PageNotValid final : public RuleOf<PageNotValid> {
 public:
  void on(const ev_range_fault_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret != 0 || !(e.default_flags & kHmmReqFault) || !e.sampled) return;
    // a device-private page of the owner's own is returned as it is (hmm_vma_handle_pte)
    const bool write = (e.default_flags & kHmmReqWrite) && !e.owner;
    if (e.valid == e.sampled && !e.error && (!write || e.writable == e.sampled)) [[likely]]
      return judge.held();
    // an invalidation since then may have cleared what was returned: drivers do that in the same array (umem_odp.c)
    if (!f.has_entry || !f.sub || e.sub_seq != e.notifier_seq || f.sub->last_callback.time + Mirror::kClockSlack >= f.entry->at.time ||
        !mirror_->callback_entry_seen_since(f.sub->fn, f.entry->at.time))
      return judge.unknown();
    suspects_.add(e.h, e.sub, f.entry->at.time, {{f.entry->at, "the fault"}},
                  fmt::format("hmm_range_fault() for {} returned 0: of {} pages {} are valid, {} writable, {} in error",
                              range_text(e.start, e.end), e.sampled, e.valid, e.writable, e.error),
                  f.sub->fn);
  }

  void on(const ev_cb_enter& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.sub, judge); }
  void finish(uint64_t end, const Mirror&, Judge& judge) override { suspects_.settle(end, judge); }

 private:
  Suspects suspects_;
};

RULE(hmm_04_page_not_valid, PageNotValid,
     {.id = "HMM-04",
      .name = "page_not_valid",
      .level = Level::hard,
      .party = Party::core,
      .says = "when hmm_range_fault() returns 0 and default_flags asks for pages, every one is valid and, if that is asked for, writable",
      .because = "mm/hmm.c, hmm_pte_need_fault(); include/linux/hmm.h, HMM_PFN_REQ_FAULT \"The output must have HMM_PFN_VALID\"",
      .not_claimed = "pages behind the first few of a range; requests by single pfns; write access to device-private pages of the "
                     "caller's own; faults that an invalidation overlapped",
      .look_at = "who else writes to the array: range->hmm_pfns of two faults may overlap (HMM-09)",
      .also = {EV_range_fault, EV_cb_ret}})

}  // namespace mirrorscope::rules
