// SPDX-License-Identifier: Apache-2.0
// SVM-16: a range that holds pages of two kinds is evicted before it is tried again.
#include <algorithm>
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class RetriedWithoutEvict final : public RuleOf<RetriedWithoutEvict> {
 public:
  void on(const ev_svm_range& e, const Facts&, Judge& judge) {
    const bool concerned = e.verb == MS_svm_verb_get_pages || e.verb == MS_svm_verb_evict || e.verb == MS_svm_verb_created ||
                           e.verb == MS_svm_verb_removed;
    if (!concerned) return;
    if (const Refused* before = refused_.find([&](const Refused& r) { return r.range == e.range; })) {
      const EventRef refused = before->at;
      refused_.take(before);
      if (e.verb == MS_svm_verb_evict) judge.held();
      // the CPU may have moved the pages meanwhile
      if (e.verb == MS_svm_verb_get_pages && e.ret == -EOPNOTSUPP)
        judge.broken(e.h, refused.time, {{refused, "it was refused"}},
                     fmt::format("range {} holds pages of two kinds, as before: it is tried again and nobody evicts it",
                                 range_text(e.start, e.end)));
    }
    if (e.verb != MS_svm_verb_get_pages || e.ret != -EOPNOTSUPP) return;
    refused_.add({e.range, EventRef::of(e.h)});
  }

 private:
  struct Refused {
    uint64_t range;
    EventRef at;
  };
  History<Refused, 256> refused_;  // got -EOPNOTSUPP, and nothing since
};

RULE(svm_16_retried_without_evict, RetriedWithoutEvict,
     {.id = "SVM-16",
      .name = "retried_without_evict",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "when drm_gpusvm_get_pages() has returned -EOPNOTSUPP, the range is evicted before it is tried again",
      .because = "drivers/gpu/drm/drm_gpusvm.c, DOC: \"if (err == -EOPNOTSUPP) drm_gpusvm_range_evict()\"; "
                 "drivers/gpu/drm/xe/xe_svm.c, xe_svm_range_get_pages()",
      .not_claimed = "retries that succeed, because a CPU fault has moved the pages; how often a driver may try",
      .look_at = "the branch on -EOPNOTSUPP behind drm_gpusvm_get_pages(), until 7.2 drm_gpusvm_range_get_pages()",
      .also = {}})

}  // namespace mirrorscope::rules
