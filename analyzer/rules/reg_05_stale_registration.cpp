// SPDX-License-Identifier: Apache-2.0
// REG-05: the addresses of a live pinned registration are not unmapped or cleared.
#include "analyzer/rule.h"
#include "analyzer/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StaleRegistration final : public RuleOf<StaleRegistration> {
 public:
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    if (f.stale.empty()) return;
    suspects_.settle(e.h.time, judge);
    for (const Registration* r : f.stale)
      suspects_.add(
          e.h, r->ctx, r->begun.time, {{r->begun, "registered, its pages are pinned"}},
          fmt::format(
              "{} ({}) hits registration {} of {}: from here on the device uses other pages than the CPU finds there",
              range_text(e.start, e.end), reason_text(e.reason), hex(r->ctx), range_text(r->start, r->end)));
  }

  void on(const ev_dereg& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.ctx, judge);
    if (!f.registration || f.registration->sub || f.registration->hit) return;
    // an mm without notifiers tells nothing
    f.mm&& f.mm->starts ? judge.held() : judge.unknown();
  }

  void finish(uint64_t, const Mirror&, Judge& judge) override { suspects_.settle(UINT64_MAX, judge); }

 private:
  Suspects suspects_;
};

RULE(reg_05_stale_registration, StaleRegistration,
     {.id = "REG-05",
      .name = "stale_registration",
      .level = Level::hazard,
      .party = Party::application,
      .says = "a process does not unmap, remap or discard addresses that are registered with a device and pinned",
      .because = "Documentation/core-api/pin_user_pages.rst: a pin keeps the page, not the mapping; mm/memory.c, "
                 "unmap_vmas() and "
                 "zap_vma_range_batched() do not look at pins",
      .not_claimed = "that the device accesses it afterwards; a clear may be an attempt of the process's own reclaim "
                     "or migration that the pin "
                     "defeats: the stack says; the end of the process; an mm without notifiers, which tells nothing",
      .look_at =
          "the registration cache of the application or library: it missed this munmap, mremap or madvise (the stack)",
      .also = {EV_reg, EV_mm_release}})

}  // namespace mirrorscope::rules
