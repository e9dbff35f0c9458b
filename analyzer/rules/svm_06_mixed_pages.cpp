// SPDX-License-Identifier: Apache-2.0
// SVM-06: the pages of a range are all of the system or all of one device, unless the driver takes both.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MixedPages final : public RuleOf<MixedPages> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb != MS_svm_verb_get_pages || e.ret || !f.ctx || !f.ctx->stated) return;
    if (e.device != kBoth || f.ctx->mixed) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the object takes one kind of pages at a time"}},
                 fmt::format("range {} got pages of the system and of a device", range_text(e.start, e.end)));
  }

 private:
  static constexpr uint32_t kBoth = 2;  // svm_range.device
};

RULE(svm_06_mixed_pages, MixedPages,
     {.id = "SVM-06",
      .name = "mixed_pages",
      .level = Level::hard,
      .party = Party::driver,
      .says = "drm_gpusvm_get_pages() succeeds with pages of both kinds only where the driver allows it",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_get_pages(): -EOPNOTSUPP unless ctx->allow_mixed",
      .not_claimed = "which device the pages belong to: P2P-05",
      .look_at = "the loop over the pages: what it compares each with",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
