// SPDX-License-Identifier: Apache-2.0
// SVM-04: a range with pages on the device is evicted before it is removed because a part of it was unmapped.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RemovedWithData final : public RuleOf<RemovedWithData> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb != MS_svm_verb_removed || !f.range || !f.range->met_unmap || !f.range->partial || !f.range->device) return;
    const SvmRange& r = *f.range;
    if (r.evicted && r.evicted.time > r.created.time) return judge.held();
    judge.broken(e.h, r.created.time, {{r.met_unmap, "a part of its addresses was unmapped"}},
                 fmt::format("range {} is removed with its pages on the device: what is left of it has to be fetched fault by fault",
                             range_text(r.start, r.end)));
  }
};

RULE(svm_04_removed_with_data, RemovedWithData,
     {.id = "SVM-04",
      .name = "removed_with_data",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a range that was partly unmapped and has pages on the device is evicted before it is removed",
      .because = "drivers/gpu/drm/drm_gpusvm.c, its introduction: \"If the range ... has pages in device memory, evict\", then remove",
      .not_claimed = "that data is lost: the pages come back with a CPU fault; drivers/gpu/drm/xe/xe_svm.c leaves it at that",
      .look_at = "the garbage collector",
      .also = {EV_inv_start_ret}})

}  // namespace mirrorscope::rules
