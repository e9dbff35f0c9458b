// SPDX-License-Identifier: Apache-2.0
// SVM-02: once an invalidation has started, every range it meets has lost its pages.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RangeLeftMapped final : public SuspectingRule<RangeLeftMapped> {
 public:
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.ret || !f.has_entry || !f.mm || !f.mm->ranges.size() || e.end <= e.start) return;
    f.mm->ranges.overlapping(e.start, e.end - 1, [&](const SvmRange& r) {
      if (!r.got || r.got.time + Mirror::kClockSlack >= f.entry->at.time) return;
      const Ctx* ctx = mirror_->ctx(r.ctx);
      if (ctx && is_own(*ctx, e.reason, e.owner)) return;
      if (const Sub* sub = mirror_->sub(r.sub); sub && sub->removing) return;  // drm_gpusvm_fini(): nobody uses it any more, and nobody is told
      if (suspects_.full(judge)) return;
      suspects_.add(e.h, r.ptr, since_promised(ctx, r.got.time), {{r.got, "the range got its pages"}, {f.entry->at, "the invalidation began"}},
                    fmt::format("{} ({}) has started and range {} still has its pages", range_text(e.start, e.end),
                                reason_text(e.reason), range_text(r.start, r.end)));
    });
  }

  void on(const ev_svm_range& e, const Facts&, Judge& judge) {
    if (e.verb != MS_svm_verb_unmap_pages && e.verb != MS_svm_verb_removed) return;
    if (e.verb == MS_svm_verb_unmap_pages) judge.held();
    suspects_.explain(e.h, e.range, judge);
  }
};

RULE(svm_02_range_left_mapped, RangeLeftMapped,
     {.id = "SVM-02",
      .name = "range_left_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a driver's invalidate calls drm_gpusvm_range_unmap_pages() for every range with pages that the invalidation meets, before "
              "the start returns",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_range_unmap_pages() \"This function must be called for every range attached to "
                 "notifier in gpusvm->ops->invalidate for IOMMU security model\"",
      .not_claimed = "ranges without pages, for which the call does nothing; the device's own migrations; ranges whose notifier is or was removed: "
                     "drm_gpusvm_fini() removes it first, when the VM is dead",
      .look_at = "how the callback walks the ranges of its notifier: first, last, and those that are split",
      .also = {EV_inv_start, EV_sub_remove}})

}  // namespace mirrorscope::rules
