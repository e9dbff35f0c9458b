// SPDX-License-Identifier: Apache-2.0
// LIF-14: a device works for the mm it mirrors, and for no other.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class OtherMm final : public RuleOf<OtherMm> {
 public:
  void on(const ev_job_begin& e, const Facts& f, Judge& judge) {
    if (!e.by || !f.ctx) return;
    if (e.by == f.ctx->mm) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the object mirrors this mm"}},
                 fmt::format("work of mm {} is armed on object {}, which mirrors mm {}: the addresses mean something else there",
                             hex(e.by), hex(e.ctx), hex(f.ctx->mm)));
  }
};

RULE(lif_14_other_mm, OtherMm,
     {.id = "LIF-14",
      .name = "other_mm",
      .level = Level::hard,
      .party = Party::driver,
      .says = "work that a process submits runs on an object that mirrors its own mm",
      .because = "drivers/gpu/drm/i915/gem/i915_gem_userptr.c, i915_gem_object_userptr_submit_init(): \"notifier.mm != current->mm\" is "
                 "-EFAULT; fork() copies file descriptors, not notifiers",
      .not_claimed = "work that the kernel itself submits",
      .look_at = "objects that a child inherited through their file",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
