// SPDX-License-Identifier: Apache-2.0
// ORD-26: a device that lives by its translations accesses only what it has one for.
#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::rules {

class AccessedUnmapped final : public SuspectingRule<AccessedUnmapped> {
 public:
  void on(const ev_dev_unmap& e, const Facts& f, Judge&) {
    if (!f.ctx || e.end <= e.start) return;
    if (rows_.size() >= kObjects && !rows_.contains(e.ctx)) {
      rows_.clear();
      forgot_ = true;
    }
    Row& row = rows_[e.ctx];
    row.sub = f.ctx->sub;
    cut(row.kept, e.start, e.end);
    cut(row.gone, e.start, e.end);
    row.gone.push_back({e.start, e.end, 0, EventRef::of(e.h)});
    while (row.gone.size() > kKept) {
      row.gone.erase(row.gone.begin());
      row.forgot = true;
    }
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.ctx, judge);
    const auto at = rows_.find(e.ctx);
    if (at == rows_.end()) return;
    if (f.ctx) at->second.sub = f.ctx->sub;
    cut(at->second.gone, e.start, e.end);
  }

  // nouveau's notifier lives for one fault only; what was mapped under it stays, and the mm's mmu_notifier watches it from then on.
  void on(const ev_sub_remove_ret&, const Facts& f, Judge&) {
    for (const Mapping* m : f.gone) {
      Row& row = rows_[m->ctx->ptr];
      if (!mirror_->watched_by_list(m->ctx->mm)) {
        row.left_unwatched = true;
        continue;
      }
      if (row.kept.size() < kKept)
        row.kept.push_back({m->start, m->end, 0, m->begun});
      else
        row.kept_more = true;
    }
  }

  // A look-up that demands nothing takes what is there (Soft-RoCE's and mlx5's first one, of the whole region), and has no row as a mapping.
  void on(const ev_range_fault_ret& e, const Facts& f, Judge&) {
    if (!f.mm || !f.sub || (e.default_flags & kHmmReqFault) || e.ret) return;
    for (auto& [ctx, row] : rows_)
      if (row.sub == e.sub) cut(row.gone, e.start, e.end);
    if (!snapshot_of(*f.sub)) snapshots_.add(f.sub->generation);
  }

  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx || f.ctx->mm != f.mm->ptr || !f.ctx->maps || e.end <= e.start) return;
    suspects_.settle(e.h.time, judge);
    if (promise(*f.ctx, *mirror_) != Discipline::unmap) return;
    const auto first = first_hole(e, f);
    if (!first) return judge.unknown();
    const uint64_t hole = *first;
    if (hole >= e.end) return judge.held();
    const Piece* gone = taken(e.ctx, hole, e.end, f);
    if (gone && gone->at.time + Mirror::kClockSlack >= e.h.time) return judge.unknown();
    if (!gone && !knows_all(*f.ctx)) return judge.unknown();
    const auto row = rows_.find(e.ctx);
    const uint64_t watched = row != rows_.end() && row->second.left_unwatched ? 0 : UINT64_MAX;
    const Since since = gone ? since_promised(f.ctx, gone->at.time) : Since(f.ctx->begun.time);
    std::vector<Evidence> evidence;
    if (gone)
      evidence.push_back({gone->at, "its translation was taken away"});
    else
      evidence.push_back({f.ctx->begun, "the object was made; nothing was mapped there since"});
    suspects_.add(e.h, e.ctx, {since, watched}, std::move(evidence),
                  fmt::format("the device {} {} and object {} has no translation of {}: the page may be anyone's", e.write ? "writes" : "reads",
                              range_text(e.start, e.end), hex(e.ctx), hex(hole)));
  }

  void on(const ev_mm_exit_ret&, const Facts&, Judge&) {
    std::erase_if(rows_, [&](const auto& row) { return !mirror_->ctx(row.first); });
  }

 private:
  static constexpr size_t kKept = 64;       // of one object
  static constexpr size_t kObjects = 4096;
  static constexpr uint64_t kPage = 4096;

  struct Row {
    uint64_t sub = 0;
    std::vector<Piece> gone;  // what it had and has no more, oldest first
    bool forgot = false;      // some of that was pushed out
    std::vector<Piece> kept;  // mapped under a notifier that was the fault's own and is gone
    bool kept_more = false;   // than fits there
    bool left_unwatched = false;  // a notifier went with mappings that nothing else watches: unless that was registered in a record that is lost
  };

  // The first byte of the access that no translation of its object covers, the end if there is none, nothing if there is more than anybody looks
  // at. What a translation covers is whole pages; one that is unmapped stays usable until its flush is done, where flushes have rows.
  std::optional<uint64_t> first_hole(const ev_dma_begin& e, const Facts& f) const {
    const auto row = rows_.find(e.ctx);
    if (f.ctx->unflushed.overflowed || (row != rows_.end() && row->second.kept_more)) return {};
    uint64_t at = e.start;
    const auto step = [&](uint64_t start, uint64_t end) {
      if (start <= at && at < end) at = end;
    };
    // Pieces of the three kinds alternate: behind one that waits for its flush comes one that is mapped.
    for (uint64_t from = at; at < e.end; from = at) {
      for (const Piece& p : f.ctx->unflushed) step(p.start, p.end);
      if (row != rows_.end())
        for (const Piece& p : row->second.kept) step(p.start, p.end);
      const bool all = f.ctx->spans.overlapping(at & ~(kPage - 1), e.end - 1, [&](const Mapping& m) {
        step(m.start & ~(kPage - 1), (m.end + kPage - 1) & ~(kPage - 1));
      });
      if (!all && at < e.end) return {};
      if (at == from) break;
    }
    return at;
  }

  // What was taken away there and is not back.
  const Piece* taken(uint64_t ctx, uint64_t from, uint64_t to, const Facts& f) const {
    const auto row = rows_.find(ctx);
    if (row == rows_.end()) return nullptr;
    for (const Piece& p : row->second.gone)
      if (p.start < to && from < p.end && p.at.time >= f.ctx->begun.time) return &p;
    return nullptr;
  }

  // It was seen from its beginning, and whatever it looks up it maps or throws away.
  bool knows_all(const Ctx& ctx) const {
    if (!ctx.stated || forgot_) return false;
    if (const auto row = rows_.find(ctx.ptr); row != rows_.end() && row->second.forgot) return false;
    const Sub* sub = ctx.sub ? mirror_->sub(ctx.sub) : nullptr;
    return !sub || (!snapshot_of(*sub) && !snapshots_.forgot());
  }
  bool snapshot_of(const Sub& sub) const { return std::find(snapshots_.begin(), snapshots_.end(), sub.generation) != snapshots_.end(); }

  static void cut(std::vector<Piece>& gone, uint64_t start, uint64_t end) {
    for (size_t i = gone.size(); i-- > 0;) {
      const Piece p = gone[i];
      if (p.end <= start || end <= p.start) continue;
      gone.erase(gone.begin() + static_cast<std::ptrdiff_t>(i));
      if (p.start < start) gone.push_back({p.start, start, 0, p.at});
      if (end < p.end) gone.push_back({end, p.end, 0, p.at});
    }
  }

  std::unordered_map<uint64_t, Row> rows_;  // by ctx
  bool forgot_ = false;                     // those of some objects were pushed out
  History<uint64_t, 64> snapshots_;         // generations of subs with look-ups that demand nothing
};

RULE(ord_26_accessed_unmapped, AccessedUnmapped,
     {.id = "ORD-26",
      .name = "accessed_unmapped",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an access of a device that promises to unmap begins only where its object has a translation at that moment",
      .because = "include/linux/mmu_notifier.h, struct mmu_interval_notifier_ops: what an invalidation took comes back by a new look-up and its "
                 "mmu_interval_read_retry() only; include/linux/hmm.h, hmm_pfns mean nothing before that: drivers/infiniband/sw/rxe/rxe_odp.c, "
                 "rxe_check_pagefault() reads the list that others fill",
      .not_claimed = "objects whose translations have no rows; addresses that were never mapped, of objects from before the recording or that take "
                     "over what a look-up without HMM_PFN_REQ_FAULT finds; that an invalidation is under way: ORD-24",
      .look_at = "where the access gets its page from, and what fills that between a look-up and its read_retry()",
      .also = {EV_sub_insert_ret},
      .excuses = {EV_mn_register_ret}})

}  // namespace mirrorscope::rules
