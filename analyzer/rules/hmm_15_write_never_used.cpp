// SPDX-License-Identifier: Apache-2.0
// HMM-15: write permission is asked for where the device writes.
#include "analyzer/state/rows.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class WriteNeverUsed final : public RuleOf<WriteNeverUsed> {
 public:
  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) { count(e.h, f, judge); }
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) { count(e.h, f, judge); }
  void on(const ev_mm_exit_ret& e, const Facts& f, Judge& judge) { count(e.h, f, judge); }
  // The accesses are noted with the translation.
  void on(const ev_dma_begin&, const Facts&, Judge&) {}

  // What an object that lives on has written some of may even out.
  void finish(uint64_t, const Mirror& mirror, Judge& judge) override {
    for (const auto& [ctx, row] : rows_) {
      const Ctx* now = mirror.ctx(ctx);
      const bool lives = now && now->begun == row.begun && !now->ended;
      if (lives && row.written && !in_order(row))
        judge.unknown();
      else
        say(ctx, row, judge);
    }
  }

 private:
  static constexpr uint64_t kPages = 16;  // fewer say nothing of a habit

  struct Row {
    uint64_t only_read = 0, written = 0;  // pages that were asked for to be written
    EventRef begun;  // the object: its address may be another's by now
    EventRef first;
    ev_header last;
  };

  void count(const ev_header& h, const Facts& f, Judge& judge) {
    for (const Mapping* m : f.gone) {
      if (!m->asked_write || !m->write || (!m->read && !m->written)) continue;
      Row& row = rows_.of(m->ctx->ptr, judge);
      if (row.begun != m->ctx->begun) {
        if (row.begun) say(m->ctx->ptr, row, judge);
        row = Row{};
        row.begun = m->ctx->begun;
      }
      if (!row.first) row.first = m->begun;
      (m->written ? row.written : row.only_read) += (m->end - m->start + 4095) / 4096;
      row.last = h;
    }
  }

  static bool in_order(const Row& row) { return row.only_read < kPages || row.only_read < row.written * 3; }
  static void say(uint64_t ctx, const Row& row, Judge& judge) {
    if (in_order(row)) return judge.held();
    judge.broken(row.last, row.first.time, {{row.first, "the first of them was mapped"}},
                 fmt::format("object {}: write permission was asked for {} pages that its device only read, and for {} that it wrote: each that was "
                             "shared or a file's was copied for nothing",
                             hex(ctx), row.only_read, row.written));
  }

  Rows<uint64_t, Row, 4096> rows_;  // by ctx
};

RULE(hmm_15_write_never_used, WriteNeverUsed,
     {.id = "HMM-15",
      .name = "write_never_used",
      .level = Level::smell,
      .party = Party::driver,
      .says = "of the pages that an object's look-ups demanded to be writable and its device accessed, more than a quarter were written",
      .because = "mm/hmm.c, hmm_do_fault() (hmm_vma_fault() in older kernels): HMM_PFN_REQ_WRITE is a write fault of every page, which copies "
                 "those that are shared, zero or a private mapping's of a file (mm/memory.c, do_cow_fault(), wp_page_copy())",
      .not_claimed = "that it is wrong: who asks once saves a second fault; accesses that have no rows; pages that were never accessed",
      .look_at = "where default_flags gets HMM_PFN_REQ_WRITE: from the access that faulted, or from VM_WRITE of the VMA",
      .also = {EV_range_fault_ret}})

}  // namespace mirrorscope::rules
