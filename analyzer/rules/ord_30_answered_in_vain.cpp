// SPDX-License-Identifier: Apache-2.0
// ORD-30: a device that got what it asked for does not ask again.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class AnsweredInVain final : public RuleOf<AnsweredInVain> {
 public:
  void on(const ev_dev_fault& e, const Facts& f, Judge& judge) {
    if (!f.mm || e.end <= e.start) return;
    const Ctx* ctx = mirror_->ctx(e.ctx);
    if (!ctx) return;
    Row* row = find(e.ctx, e.start, e.h.tid);
    if (!row) {
      row = &rows_.add({f.mm->generation, e.ctx, e.start, e.end, e.h.tid, e.write, 0, EventRef::of(e.h), false});
      if (rows_.forgot()) judge.unknown();
    }
    if (row->write != e.write || row->mm != f.mm->generation) *row = {f.mm->generation, e.ctx, e.start, e.end, e.h.tid, e.write, 0, EventRef::of(e.h), false};
    // who walks the CPU's table needs no translation of its own
    row->served = promise(*ctx, *mirror_) == Discipline::shared_table;
  }

  void on(const ev_dev_map& e, const Facts&, Judge&) {
    for (Row& row : rows_)
      if (row.ctx == e.ctx && e.start <= row.start && row.start < e.end) row.served = true;
  }

  // What was taken away has to be asked for again.
  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    if (f.mm) over(f.mm->generation, e.ctx, e.start, e.end, judge);
  }
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    if (!rows_.empty() && f.mm) over(f.mm->generation, 0, e.start, e.end, judge);
  }

  void on(const ev_dev_fault_ret& e, const Facts&, Judge& judge) {
    Row* row = find(e.ctx, e.start, e.h.tid);
    if (!row) return;
    if (e.ret || !row->served || e.h.time - row->first.time > kSoon) return rows_.take(row);
    if (++row->count < kTimes) return;
    judge.broken(e.h, row->first.time, {{row->first, "the first of these faults"}},
                 fmt::format("object {} has asked {} times in {} ms for {} ({}) and was answered with success each time, and nothing was taken "
                             "away from it in between: what it keeps of the old answer is not flushed",
                             hex(e.ctx), row->count, (e.h.time - row->first.time) / 1'000'000, range_text(row->start, row->end),
                             row->write ? "write" : "read"));
    rows_.take(row);
  }

 private:
  static constexpr uint32_t kTimes = 256;
  static constexpr uint64_t kSoon = 1'000'000'000;  // ns

  struct Row {
    uint64_t mm, ctx, start, end;  // mm: its generation
    uint32_t tid, write, count;
    EventRef first;
    bool served;  // by the last answer it has what it asked for
  };
  Row* find(uint64_t ctx, uint64_t start, uint32_t tid) {
    return rows_.find([&](const Row& row) { return row.ctx == ctx && row.start == start && row.tid == tid; });
  }
  void over(uint64_t mm, uint64_t ctx, uint64_t start, uint64_t end, Judge& judge) {
    rows_.take_all([&](const Row& row) {
      const bool is = row.mm == mm && (!ctx || row.ctx == ctx) && row.start < end && start < row.end;
      if (is && row.count) judge.held();
      return is;
    });
  }

  History<Row, 64> rows_;  // what tasks have answered last, again and again
};

RULE(ord_30_answered_in_vain, AnsweredInVain,
     {.id = "ORD-30",
      .name = "answered_in_vain",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a device asks less than 256 times in a second for the same translation when it was given that each time and nothing took it away",
      .because = "mm/memory.c, handle_pte_fault(): a page that becomes writable starts no invalidation; a device that walks the CPU's page table and "
                 "keeps what it read has to be flushed by whoever answers its fault (arch_invalidate_secondary_tlbs)",
      .not_claimed = "faults that are answered with an error; devices whose translations have no rows and that do not share the CPU's table; that "
                     "several tasks ask for one page at a time",
      .look_at = "what the answer leaves in the device: a TLB entry of before, a translation with less rights than were asked for",
      .also = {EV_dev_ctx}, .any_event = true})

}  // namespace mirrorscope::rules
