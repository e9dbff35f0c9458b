// SPDX-License-Identifier: Apache-2.0
// LIF-12: nothing is faulted in for an mm that has been released.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FaultAfterRelease final : public RuleOf<FaultAfterRelease> {
 public:
  void on(const ev_range_fault& e, const Facts& f, Judge& judge) {
    if (!f.mm) return;
    const EventRef& released = f.mm->released;
    if (!released) return judge.held();
    if (e.h.time <= released.time + Mirror::kClockSlack) return judge.unknown();
    judge.broken(e.h, released.time, {{released, "the mm was released"}},
                 fmt::format("hmm_range_fault() of {} in an mm whose release has returned: no mmget() protects it",
                             range_text(e.start, e.end)),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(lif_12_fault_after_release, FaultAfterRelease,
     {.id = "LIF-12",
      .name = "fault_after_release",
      .level = Level::hard,
      .party = Party::driver,
      .says = "hmm_range_fault() is not called for an mm after __mmu_notifier_release() of it returned",
      .because =
          "include/linux/mmu_notifier.h, release() of struct mmu_notifier_ops runs when no user of the mm is left; "
          "Documentation/mm/hmm.rst, mmget_not_zero() before hmm_range_fault()",
      .not_claimed = "mms that had no notifier when they were torn down",
      .look_at = "the fault path of the driver: mmget_not_zero() must fail here, and its result be looked at",
      .also = {EV_mm_release_ret, EV_mm_exit_ret, EV_mn_register_ret, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
