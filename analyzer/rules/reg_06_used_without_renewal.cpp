// SPDX-License-Identifier: Apache-2.0
// REG-06: after an invalidation a registration that a notifier watches is renewed before it is used.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UsedWithoutRenewal final : public RuleOf<UsedWithoutRenewal> {
 public:
  void on(const ev_job_begin& e, const Facts& f, Judge& judge) { used(e.h, f, judge, fmt::format("work {} is armed", hex(e.job))); }
  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    used(e.h, f, judge, fmt::format("{} is accessed", range_text(e.start, e.end)));
  }

 private:
  void used(const ev_header& h, const Facts& f, Judge& judge, const std::string& what) {
    const Ctx* ctx = f.ctx;
    if (!ctx || !ctx->stated || !ctx->sub) return;
    const auto discipline = promise(*ctx, *mirror_);
    if (discipline != Discipline::fence && discipline != Discipline::pin && discipline != Discipline::quiesce) return;
    if (!ctx->invalidated || ctx->invalidated.time + Mirror::kClockSlack >= h.time) return judge.held();
    // i915 asks under its lock and arms before it gives that back; its callback takes no lock and may come in between, or between the
    // answer and its record: the pages are pinned, and the next submission sees it
    const EventRef& since = f.check.outdated ? f.check.locked : f.check.at;
    if (discipline == Discipline::pin && f.has_check && f.check.ok && since.time < ctx->invalidated.time + Mirror::kClockSlack)
      for (const HeldLock& held : f.task->locks)
        if (f.check.locked && held.at == f.check.locked) return judge.held();
    judge.broken(h, ctx->begun.time, {{ctx->invalidated, "a callback had invalidated what it maps"}},
                 fmt::format("{} on {} with pages that were invalidated and not looked up anew", what, hex(ctx->ptr)));
  }
};

RULE(reg_06_used_without_renewal, UsedWithoutRenewal,
     {.id = "REG-06",
      .name = "used_without_renewal",
      .level = Level::hard,
      .party = Party::driver,
      .says = "once a callback has met what an object maps, no work is armed on it and no access begins before its pages were made anew",
      .because = "drivers/gpu/drm/i915/gem/i915_gem_userptr.c, i915_gem_object_userptr_submit_done() is -EAGAIN when the sequence moved; "
                 "drivers/gpu/drm/amd/amdgpu/amdgpu_cs.c, amdgpu_cs_submit() under notifier_lock",
      .not_claimed = "drivers that unmap: what they lack cannot be used; objects that do not state their discipline",
      .look_at = "the last check before the work is published, and under which lock it is made",
      .also = {EV_cb_ret, EV_dev_ctx, EV_dev_map, EV_mm_exit_ret},
      .any_event = true})

}  // namespace mirrorscope::rules
