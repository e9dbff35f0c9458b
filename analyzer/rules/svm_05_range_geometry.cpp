// SPDX-License-Identifier: Apache-2.0
// SVM-05: a new range is aligned, inside what VMA, notifier and SVM have in common, and overlaps no other.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RangeGeometry final : public RuleOf<RangeGeometry> {
 public:
  void on(const ev_svm_range& e, const Facts& f, Judge& judge) {
    if (e.verb != MS_svm_verb_created || !f.mm) return;
    const uint64_t size = e.end - e.start;
    if (e.end <= e.start || (size & (size - 1)) || size < 4096 || (e.start & (size - 1)))
      return judge.broken(e.h, e.h.time, {}, fmt::format("range {} is no aligned power of two", range_text(e.start, e.end)));
    if (e.start < e.within_start || e.end > e.within_end)
      return judge.broken(e.h, e.h.time, {}, fmt::format("range {} is not inside {}", range_text(e.start, e.end),
                                                         range_text(e.within_start, e.within_end)));
    const SvmRange* other = nullptr;
    f.mm->ranges.overlapping(e.start, e.end - 1, [&](const SvmRange& r) {
      if (r.ptr != e.range && r.ctx == e.ctx) other = &r;
    });
    if (!other) return judge.held();
    judge.broken(e.h, other->created.time, {{other->created, "the other range was made"}},
                 fmt::format("range {} overlaps live range {}", range_text(e.start, e.end), range_text(other->start, other->end)));
  }
};

RULE(svm_05_range_geometry, RangeGeometry,
     {.id = "SVM-05",
      .name = "range_geometry",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a range is made with a size that is a chunk size, aligned to it, inside VMA, notifier and SVM, and beside all other ranges",
      .because = "drivers/gpu/drm/drm_gpusvm.c, drm_gpusvm_range_chunk_size()",
      .not_claimed = "which chunk sizes the driver gave, beyond that they are powers of two; VMAs that shrink later",
      .look_at = "drm_gpusvm_range_chunk_size() and what the driver passed to drm_gpusvm_init()",
      .also = {}})

}  // namespace mirrorscope::rules
