// SPDX-License-Identifier: Apache-2.0
// ORD-12: the kernel frees no page that a device can still reach.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class FreedWhileMapped final : public SuspectingRule<FreedWhileMapped> {
 public:
  void on(const ev_page_free& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (!f.page || f.page->mappings.empty()) return;
    bool reached = false;
    for (const Mapping* m : f.page->mappings) {
      if (m->begun.time + Mirror::kClockSlack >= e.h.time || m->owner) continue;
      const auto discipline = promise(*m->ctx, *mirror_);
      if (!discipline) {
        judge.unknown();
        continue;
      }
      std::vector<Evidence> evidence{{m->begun, "the device was given the page"}};
      switch (*discipline) {
        case Discipline::unmap: break;
        case Discipline::shared_table: break;  // what a device keeps of the CPU's page table is flushed before pages are freed
        case Discipline::fence:
          if (m->ctx->jobs.empty()) continue;
          evidence.push_back({m->ctx->jobs.begin()->at, "work that may use it was armed"});
          break;
        case Discipline::quiesce:
          if (m->ctx->quiesced) continue;
          break;
        default: continue;  // REG-02 counts the pins
      }
      reached = true;
      const Since since = *discipline == Discipline::quiesce ? since_running(m->ctx, m->begun.time) : since_promised(m->ctx, m->begun.time);
      suspects_.add(e.h, m->ctx->ptr, since, evidence,
                    fmt::format("page {} is freed and the device still maps it at {}: its next owner shares it with the device",
                                hex(e.pfn), range_text(m->start, m->end)));
    }
    if (!reached) judge.held();
  }

  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    if (!f.gone.empty()) suspects_.explain(e.h, e.ctx, judge);
  }
  // that a page which was mapped is unmapped before it is freed is what this rule is about: each is an occasion
  void on(const ev_dev_map& e, const Facts&, Judge& judge) {
    if (e.pfn) judge.held();
  }
};

RULE(ord_12_freed_while_mapped, FreedWhileMapped,
     {.id = "ORD-12",
      .name = "freed_while_mapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "the kernel frees no page while a device maps it, has work in flight on it, or runs queues that may use it",
      .because = "mm/memory.c, unmap_vmas() frees after mmu_notifier_invalidate_range_start() returned; mm/page_alloc.c, "
                 "free_unref_page() gives it to whoever asks next",
      .not_claimed = "pages whose number is not in the records; device-private pages; which of the steps before went wrong: ORD-10, "
                     "ORD-11 and SEQ-04 say",
      .look_at = "the invalidation that took the page from the process, and what the driver did in it",
      .also = {EV_mm_exit_ret},
      .excuses = {EV_quiesce, EV_resume, EV_job_end}})

}  // namespace mirrorscope::rules
