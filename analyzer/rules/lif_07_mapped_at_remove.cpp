// SPDX-License-Identifier: Apache-2.0
// LIF-07: when a notifier is removed, nothing that it watches is mapped by its device any more.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedAtRemove final : public SuspectingRule<MappedAtRemove> {
 public:
  void on(const ev_sub_remove& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.sub || f.sub->removed || !f.mm) return;
    bool left = false;
    f.mm->mappings.overlapping(e.start, e.last, [&](const Mapping& m) {
      if (m.sub != e.sub || promise(*m.ctx, *mirror_) != Discipline::unmap) return;
      if (mirror_->watched_by_list(e.h.mm)) return;  // nouveau_svm.c: the sub was for the fault, an mmu_notifier unmaps
      if (m.ctx->wide) return;  // drm_gpusvm_fini(): the VM is dead by then, ranges are freed after their notifier
      left = true;
      if (suspects_.full(judge)) return;
      // that no mmu_notifier watches rests on all that was said before
      suspects_.add(e.h, m.ctx->ptr, Since(since_promised(m.ctx, m.begun.time), 0), {{m.begun, "the device was given the pages"}},
                    fmt::format("the sub that watches {} is removed and the device still maps it: nobody will be told when it dies",
                                range_text(m.start, m.end)),
                    f.sub->fn);
    });
    if (!left) judge.held();
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(lif_07_mapped_at_remove, MappedAtRemove,
     {.id = "LIF-07",
      .name = "mapped_at_remove",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a device that promises to unmap holds no translation of an interval notifier's range when that is removed",
      .because = "drivers/infiniband/core/umem_odp.c, ib_umem_odp_free() \"Ensure that no more pages are mapped in the umem\" before "
                 "mmu_interval_notifier_remove()",
      .not_claimed = "drivers that pin, wait for fences or stop queues; drm_gpusvm, whose ranges go after their notifier when the VM is "
                     "dead; an mm with an mmu_notifier that unmaps (nouveau_svm.c)",
      .look_at = "the order of teardown",
      .also = {EV_dev_map, EV_sub_insert_ret, EV_mm_exit_ret},
      .excuses = {EV_mn_register_ret}})

}  // namespace mirrorscope::rules
