// SPDX-License-Identifier: Apache-2.0
// ORD-17: when an mm has been released, no device maps anything of it, and none maps it anew.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedAfterRelease final : public SuspectingRule<MappedAfterRelease> {
 public:
  void on(const ev_mm_release_ret& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.mm || !f.has_entry) return;
    bool left = false;
    f.mm->mappings.each([&](const Mapping& m) {
      const auto discipline = promise(*m.ctx, *mirror_);
      if (!discipline || m.begun.time + Mirror::kClockSlack >= f.entry->at.time) return;
      std::string_view what;
      switch (*discipline) {
        case Discipline::unmap: what = "is mapped"; break;
        case Discipline::fence: what = m.ctx->jobs.empty() ? "" : "is mapped and worked on"; break;
        case Discipline::quiesce: what = m.ctx->quiesced ? "" : "is mapped and its queues run"; break;
        default: break;
      }
      if (what.empty()) return;
      left = true;
      if (suspects_.full(judge)) return;
      const Since since = *discipline == Discipline::quiesce ? since_running(m.ctx, m.begun.time) : since_promised(m.ctx, m.begun.time);
      suspects_.add(e.h, m.ctx->ptr, since, {{m.begun, "the device was given the pages"}, {f.entry->at, "the release began"}},
                    fmt::format("the mm is released and {} {}: its pages are freed next", range_text(m.start, m.end), what));
    });
    if (!left) judge.held();
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.mm->released || f.mm->released.time + Mirror::kClockSlack >= e.h.time) return;
    const Ctx* ctx = f.ctx ? f.ctx : mirror_->ctx(e.ctx);
    const auto discipline = ctx ? promise(*ctx, *mirror_) : std::nullopt;
    if (!discipline || *discipline == Discipline::pin || *discipline == Discipline::shared_table || gates_work(discipline))
      return;
    judge.broken(e.h, since_promised(ctx, f.mm->released.time), {{f.mm->released, "the mm had been released"}},
                 fmt::format("{} of a released mm is mapped", range_text(e.start, e.end)));
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.ctx, judge); }
};

RULE(ord_17_mapped_after_release, MappedAfterRelease,
     {.id = "ORD-17",
      .name = "mapped_after_release",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when __mmu_notifier_release() returns, no device can reach anything of the mm, and nothing of it is mapped afterwards",
      .because = "include/linux/mmu_notifier.h, struct mmu_notifier_ops: release \"all sptes ... must be dropped\"; mm/mmap.c, exit_mmap() "
                 "frees the pages next",
      .not_claimed = "drivers that pin; what is done between the release of the interval notifiers and that of the others",
      .look_at = "what the callback does for MMU_NOTIFY_RELEASE, and who may still fault afterwards: mmget_not_zero()",
      .also = {EV_mm_release, EV_mm_exit_ret, EV_sub_insert_ret, EV_mn_register_ret},
      .excuses = {EV_quiesce, EV_resume, EV_job_end}})

}  // namespace mirrorscope::rules
