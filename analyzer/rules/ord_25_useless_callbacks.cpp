// SPDX-License-Identifier: Apache-2.0
// ORD-25: most of what a driver's callbacks are told is about memory that its device uses.
#include <unordered_map>
#include <vector>

#include "analyzer/rule.h"
#include "analyzer/state/callback_use.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class UselessCallbacks final : public RuleOf<UselessCallbacks> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge&) { use_.sees(e, f); }
  void on(const ev_mm_exit_ret& e, const Facts&, Judge&) {
    use_.sees(e);
    rows_.erase(e.h.mm);
  }

  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) {
    const std::optional<bool> met = use_.met(e, f);
    if (!met) return;
    Row* const found = row_of(e, f.mm->generation);
    if (!found) return judge.unknown();
    Row& row = *found;
    const Ctx* ctx = CallbackUse::object_of(*f.mm, e.sub);
    row.since = row.calls ? std::min(row.since, ctx->begun.time) : ctx->begun.time;
    if (!row.calls++) row.first = EventRef::of(e.h);
    row.useless += !*met;
    if (row.calls < kCalls) return;
    // what was mapped before the first of them counts, so nothing of these objects may be missing
    if (row.useless * 4 < row.calls * 3)
      judge.held();
    else
      judge.broken(e.h, row.since, {{row.first, "the first of them"}},
                   fmt::format("of {} callbacks {} met no translation and no look-up of their object", row.calls, row.useless), e.fn);
    row = Row(row.fn);
  }

 private:
  static constexpr uint64_t kCalls = 128;

  struct Row {
    explicit Row(uint64_t of) : fn(of) {}
    uint64_t fn, calls = 0, useless = 0, since = 0;
    EventRef first;
  };
  struct Rows {
    uint64_t generation = 0;  // of the mm
    std::vector<Row> rows;
  };
  // More callbacks in one mm, or mms, than anything has are not followed: nothing is said of them.
  Row* row_of(const ev_cb_enter& e, uint64_t generation) {
    if (rows_.size() >= CallbackUse::kMms && !rows_.contains(e.h.mm)) rows_.clear();
    Rows& of = rows_[e.h.mm];
    if (of.generation != generation) of = {generation, {}};
    for (Row& row : of.rows)
      if (row.fn == e.fn) return &row;
    return of.rows.size() < 64 ? &of.rows.emplace_back(e.fn) : nullptr;
  }

  CallbackUse use_;
  std::unordered_map<uint64_t, Rows> rows_;  // by mm
};

RULE(ord_25_useless_callbacks, UselessCallbacks,
     {.id = "ORD-25",
      .name = "useless_callbacks",
      .level = Level::smell,
      .party = Party::driver,
      .says = "of 128 callbacks of one function in one process, more than a quarter meet something that the device uses",
      .because = "mm/mmu_notifier.c, mn_itree_invalidate() calls every sub that the range meets, in the task that unmaps or reclaims, and "
                 "takes the episode's odd sequence for it; nobody asks the device's page table first",
      .not_claimed = "that it is wrong: a wide notifier is inserted once; drivers whose translations have no hook; objects that were there "
                     "before the recording; a look-up counts from hmm_range_fault() on",
      .look_at = "how wide its notifiers are (docs/wide-notifiers.md has what each width costs)",
      .also = {EV_dev_ctx, EV_dev_unmap, EV_sub_insert_ret, EV_range_fault}})

}  // namespace mirrorscope::rules
