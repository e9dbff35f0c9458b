// SPDX-License-Identifier: Apache-2.0
// SEQ-10: where subs are wider than ranges, a commit follows the driver's own check of that range.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RangeNotValidated final : public RuleOf<RangeNotValidated> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx || !f.ctx->wide || e.end <= e.start) return;
    bool known = false;
    const SvmRange* bad = nullptr;
    f.mm->ranges.overlapping(e.start, e.end - 1, [&](const SvmRange& r) {
      if (r.ctx != e.ctx) return;
      known = true;
      if (!r.valid) bad = &r;
    });
    if (!known) return judge.unknown();
    if (!bad) return judge.held();
    judge.broken(e.h, bad->created.time, {{bad->created, "the range was made"}},
                 fmt::format("{} is mapped although nobody asked whether range {} is still valid, or it was invalidated since",
                             range_text(e.start, e.end), range_text(bad->start, bad->end)));
  }

  void on(const ev_svm_range&, const Facts&, Judge&) {}
};

RULE(seq_10_range_not_validated, RangeNotValidated,
     {.id = "SEQ-10",
      .name = "range_not_validated",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a driver whose notifiers are wider than its ranges maps a range only when a check of that range has succeeded since it was "
              "last invalidated",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_range_pages_valid() \"should be called while holding "
                 "drm_gpusvm_notifier_lock\"; drm_gpusvm_get_pages() leaves early for pages that it has, which is no check",
      .not_claimed = "ranges that were made before recording; under which lock it was asked: SVM-01",
      .look_at = "the last step before the commit of the page table update",
      .also = {EV_inv_start_ret, EV_dev_ctx}})

}  // namespace mirrorscope::rules
