// SPDX-License-Identifier: Apache-2.0
// LIF-17: no work is left, and none begins, on what a notifier watched that is gone.
#include <algorithm>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class UnwatchedWork final : public SuspectingRule<UnwatchedWork> {
 public:
  void on(const ev_sub_remove& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.mm || !f.sub || f.sub->removed) return;
    for (const Ctx* ctx : f.mm->ctxs) {
      if (ctx->sub != e.sub || !ctx->mappings) continue;
      const auto discipline = promise(*ctx, *mirror_);
      const bool works = discipline == Discipline::fence && !ctx->jobs.empty();
      const bool runs = discipline == Discipline::quiesce && !ctx->quiesced;
      if (!works && !runs) {
        if (gates_work(discipline)) judge.held();
        continue;
      }
      if (suspects_.full(judge)) continue;
      const EventRef& since = works ? ctx->jobs.begin()->at : ctx->begun;
      suspects_.add(e.h, ctx->ptr, works ? since_promised(ctx, since.time) : since_running(ctx, since.time),
                    {{since, works ? "work was armed" : "the object was made, and its queues were not stopped"}},
                    fmt::format("the sub of object {} is removed while {}: nobody will be told when the pages go", hex(ctx->ptr),
                                works ? "work is in flight" : "its queues run"),
                    f.sub->fn);
    }
  }

  void on(const ev_job_end& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
  void on(const ev_job_begin& e, const Facts& f, Judge& judge) { begins(e.h, f, "work is armed", judge); }
  void on(const ev_resume& e, const Facts& f, Judge& judge) { begins(e.h, f, "queues run again", judge); }

 private:
  void begins(const ev_header& h, const Facts& f, std::string_view what, Judge& judge) {
    suspects_.settle(h.time, judge);
    if (!f.ctx || !f.ctx->stated || !f.ctx->sub || !f.ctx->mappings) return;
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!gates_work(discipline) && discipline != Discipline::pin) return;
    const Sub* sub = mirror_->sub(f.ctx->sub);
    if (!sub || !sub->removed) return judge.held();
    if (sub->removed.time + Mirror::kClockSlack >= h.time) return judge.unknown();
    if (mirror_->watched_by_list(f.ctx->mm)) return judge.unknown();
    judge.broken(h, std::min(f.ctx->begun.time, sub->removed.time), {{f.ctx->begun, "the object was made"}, {sub->removed, "its sub was removed"}},
                 fmt::format("{} on object {}, whose sub {} was removed: nobody will be told when its pages go", what, hex(f.ctx->ptr),
                             hex(f.ctx->sub)),
                 sub->fn);
  }
};

RULE(lif_17_unwatched_work, UnwatchedWork,
     {.id = "LIF-17",
      .name = "unwatched_work",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when an interval notifier is removed, no work is in flight and no queue runs on what it watches, and none is let go on it afterwards",
      .because = "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c, amdgpu_hmm_unregister() comes with the last reference of the buffer, which each of its "
                 "jobs holds; mm/mmu_notifier.c, mmu_interval_notifier_remove() \"Once this returns ops callbacks are no longer running\"",
      .not_claimed = "drivers that unmap: LIF-07; objects that do not state their discipline, or whose translations have no rows; an mm with an "
                     "mmu_notifier as well",
      .look_at = "what the notifier's life hangs on: a VMA that fork() copies, a file, an object with references of its own",
      .also = {EV_dev_ctx, EV_dev_map, EV_dev_unmap}, .excuses = {EV_quiesce, EV_mn_register_ret, EV_sub_insert_ret}, .any_event = true})

}  // namespace mirrorscope::rules
