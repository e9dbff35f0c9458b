// SPDX-License-Identifier: Apache-2.0
// ORD-27: what an invalidation takes from a device comes back as another page, or the invalidation was for nothing.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include "analyzer/state/rows.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SamePageAgain final : public RuleOf<SamePageAgain> {
 public:
  void on(const ev_dev_unmap&, const Facts& f, Judge& judge) {
    if (!f.ctx || !f.within || f.within->at.id != EV_inv_start || f.gone.empty()) return;
    if (addresses_ >= kAddresses) {
      rows_ = {};
      addresses_ = 0;
      judge.unknown();
    }
    Row& row = row_of(*f.ctx, judge);
    for (const Mapping* m : f.gone) {
      if (!m->pfn) continue;
      addresses_ += row.taken.insert_or_assign(m->start, Lost{m->pfn, f.within->reason, f.within->at}).second;
    }
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.pfn || !f.ctx) return;
    Round round{EventRef::of(e.h), kNotSame};
    // kept over the invalidation, and only now replaced: drivers that wait for work or stop queues
    for (const Mapping* m : f.gone)
      if (m->overtaken && m->start == e.start && m->pfn == e.pfn) round = {m->overtaken, MS_reason_clear};
    if (round.reason == kNotSame && !rows_.find(e.ctx)) return;
    Row& row = row_of(*f.ctx, judge);
    const auto lost = row.taken.find(e.start);
    if (lost != row.taken.end()) {
      if (lost->second.pfn == e.pfn) round = {lost->second.at, static_cast<uint8_t>(lost->second.reason % kReasons)};
      row.taken.erase(lost);
      --addresses_;
    }
    made(e, row, round, judge);
  }

  void on(const ev_mm_exit_ret&, const Facts&, Judge&) {
    rows_.erase_if([&](uint64_t ctx, const Row& row) {
      if (mirror_->ctx(ctx)) return false;
      addresses_ -= row.taken.size();
      return true;
    });
  }

 private:
  static constexpr uint32_t kRounds = 128;
  static constexpr size_t kAddresses = 65536;  // of all objects
  static constexpr uint8_t kReasons = 8, kNotSame = kReasons;

  struct Lost {
    uint64_t pfn;
    uint32_t reason;
    EventRef at;
  };
  // One translation that was made.
  struct Round {
    EventRef at;     // the invalidation that took the same page from there; itself if none did
    uint8_t reason;  // of the invalidation, kNotSame if none did
  };
  struct Row {
    EventRef begun;                            // the object: its address may be another's by now
    std::unordered_map<uint64_t, Lost> taken;  // by address: what an invalidation took and is not back
    std::vector<Round> last;                   // as a ring once it has kRounds
    uint32_t next = 0;                         // where the oldest of a full ring is
    uint32_t unjudged = 0;                     // translations since the last verdict
    std::array<uint32_t, kReasons + 1> by_reason{};
  };

  Row& row_of(const Ctx& ctx, Judge& judge) {
    if (rows_.full() && !rows_.find(ctx.ptr)) addresses_ = 0;  // they are forgotten, all of them
    Row& row = rows_.of(ctx.ptr, judge);
    if (row.begun != ctx.begun) {
      addresses_ -= row.taken.size();
      row = Row{};
      row.begun = ctx.begun;
    }
    return row;
  }

  // Any kRounds in a row are looked at, not every kRounds-th row of them: what is found must not depend on where a recording began. And what is made
  // for the first time, or where the records do not say what was taken, counts as not the same: a record that is missing cannot add to a breach.
  static void made(const ev_dev_map& e, Row& row, const Round& round, Judge& judge) {
    if (row.last.size() < kRounds) {
      row.last.push_back(round);
    } else {
      --row.by_reason[row.last[row.next].reason];
      row.last[row.next] = round;
      row.next = (row.next + 1) % kRounds;
    }
    ++row.by_reason[round.reason];
    ++row.unjudged;
    const uint32_t same = static_cast<uint32_t>(row.last.size()) - row.by_reason[kNotSame];
    if (row.last.size() == kRounds && same * 4 >= kRounds * 3) {
      broken(e, row, same, judge);
      row.last.clear();
      row.by_reason = {};
      row.next = row.unjudged = 0;
    } else if (row.unjudged == kRounds) {
      judge.held();
      row.unjudged = 0;
    }
  }

  [[gnu::cold]] static void broken(const ev_dev_map& e, const Row& row, uint32_t same, Judge& judge) {
    uint64_t from = e.h.time;
    EventRef first, last;
    for (const Round& r : row.last) {
      from = std::min(from, r.at.time);
      if (r.reason == kNotSame) continue;
      if (!first || r.at.time < first.time) first = r.at;
      if (r.at.time >= last.time) last = r.at;
    }
    const auto most = std::max_element(row.by_reason.begin(), row.by_reason.begin() + kReasons);
    judge.broken(e.h, from, {{first, "the first of these invalidations"}, {last, "the last of them"}},
                 fmt::format("of {} translations in a row that object {} made, {} lead to the very page that an invalidation had taken from there, "
                             "within {} ms; {} of them went for {}",
                             kRounds, hex(e.ctx), same, (e.h.time - first.time) / 1'000'000, *most,
                             reason_text(static_cast<uint32_t>(most - row.by_reason.begin()))));
  }

  Rows<uint64_t, Row, 4096> rows_;  // by ctx
  size_t addresses_ = 0;            // in all rows
};

RULE(ord_27_same_page_again, SamePageAgain,
     {.id = "ORD-27",
      .name = "same_page_again",
      .level = Level::smell,
      .party = Party::core,
      .says = "of 128 translations in a row that an object makes, less than three quarters lead to the page that an invalidation took from there",
      .because = "mm/mprotect.c, change_pud_range(): NUMA hinting starts an invalidation for every range that it takes protection from, and "
                 "virt/kvm/kvm_main.c, kvm_mmu_notifier_invalidate_range_start() unmaps and flushes whatever it is for",
      .not_claimed = "that it is wrong: fork and mprotect() of the process itself are such invalidations, too; that the page stood still in "
                     "between; translations whose page is not in the records",
      .look_at = "who starts them (the stack): NUMA hinting (kernel.numa_balancing), KSM or khugepaged over memory that cannot move because it "
                 "is pinned, or that a device uses all the time",
      .also = {EV_inv_start}})

}  // namespace mirrorscope::rules
