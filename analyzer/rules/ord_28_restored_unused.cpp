// SPDX-License-Identifier: Apache-2.0
// ORD-28: what a driver restores by itself after an invalidation is used before the next one takes it.
#include "analyzer/discipline.h"
#include "analyzer/state/rows.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class RestoredUnused final : public RuleOf<RestoredUnused> {
 public:
  void on(const ev_cb_ret& e, const Facts& f, Judge& judge) {
    if (!f.mm || !e.ret) return;
    for (const Ctx* ctx : f.mm->ctxs)
      if (ctx->sub == e.sub && ctx->invalidated.time == e.h.time && ctx->invalidated.seq == e.h.seq) taken(*ctx, e, judge);
  }

  void on(const ev_dev_map& e, const Facts&, Judge& judge) {
    Row* row = rows_.find(e.ctx);
    if (!row || !row->taken) return;
    row->taken = EventRef{};
    row->made = e.h.time;
    if (++row->rounds < kRounds) return;
    const uint64_t took = e.h.time - row->first.time;
    judge.broken(e.h, {row->first.time, row->begun.time}, {{row->first, "the first callback of these rounds"}, {row->last, "the last"}},
                 fmt::format("object {} was invalidated and made anew {} times in {} ms without a use in between: it stood {} % of that time, and "
                             "the last was taken for {}",
                             hex(e.ctx), row->rounds, took / 1'000'000, took ? row->stood * 100 / took : 0, reason_text(row->reason)),
                 row->fn);
    *row = Row{};
  }

  void on(const ev_job_begin& e, const Facts&, Judge& judge) { used(e.ctx, judge); }
  void on(const ev_dma_begin& e, const Facts&, Judge& judge) { used(e.ctx, judge); }
  void on(const ev_dev_fault& e, const Facts&, Judge& judge) { used(e.ctx, judge); }

 private:
  static constexpr uint32_t kRounds = 32;

  struct Row {
    EventRef begun;  // the object: its address may be another's by now
    EventRef taken, first, last;
    uint64_t made = 0, stood = 0, fn = 0;
    uint32_t rounds = 0, reason = 0;
  };

  void taken(const Ctx& ctx, const ev_cb_ret& e, Judge& judge) {
    if (!gates_work(promise(ctx, *mirror_))) return;  // what promises to unmap is mapped anew because the device asked
    Row& row = rows_.of(ctx.ptr, judge);
    if (row.begun != ctx.begun) row = Row{};
    row.begun = ctx.begun;
    if (row.made) row.stood += e.h.time - row.made;
    row.made = 0;
    row.taken = row.last = EventRef::of(e.h);
    if (!row.first) row.first = row.taken;
    row.reason = e.reason;
    row.fn = e.fn;
  }
  void used(uint64_t ctx, Judge& judge) {
    const Row* row = rows_.find(ctx);
    if (!row) return;
    const Ctx* now = mirror_->ctx(ctx);
    if (now && now->begun == row->begun) judge.held();
    rows_.erase(ctx);
  }

  Rows<uint64_t, Row, 4096> rows_;  // by ctx: since its last use
};

RULE(ord_28_restored_unused, RestoredUnused,
     {.id = "ORD-28",
      .name = "restored_unused",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a driver that restores its translations by itself does so less than 32 times in a row without a use in between",
      .because = "drivers/gpu/drm/amd/amdkfd/kfd_svm.c, svm_range_restore_work() faults every page in again a millisecond after queues were stopped "
                 "(svm_range_evict()), whether there is work or not; under memory pressure that pushes others out, and so on",
      .not_claimed = "work that a user's queue fetches by itself, which no record shows: then the device may be busy all the time; drivers that map "
                     "when their device asks",
      .look_at = "who takes the pages (the stack of the invalidation: reclaim?), and whether the restore could wait until there is work",
      .also = {EV_dev_ctx}, .any_event = true})

}  // namespace mirrorscope::rules
