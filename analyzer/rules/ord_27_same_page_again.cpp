// SPDX-License-Identifier: Apache-2.0
// ORD-27: what an invalidation takes from a device comes back as another page, or the invalidation was for nothing.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class SamePageAgain final : public RuleOf<SamePageAgain> {
 public:
  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    if (!f.ctx || !f.within || f.within->at.id != EV_inv_start || f.gone.empty()) return;
    if (addresses_ >= kAddresses || (rows_.size() >= kObjects && !rows_.contains(e.ctx))) {
      rows_.clear();
      addresses_ = 0;
      judge.unknown();
    }
    Row& row = rows_[e.ctx];
    for (const Mapping* m : f.gone) {
      if (!m->pfn) continue;
      addresses_ += row.taken.insert_or_assign(m->start, Lost{m->pfn, f.within->reason, f.within->at}).second;
    }
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.pfn) return;
    // kept over the invalidation, and only now replaced: drivers that wait for work or stop queues
    for (const Mapping* m : f.gone)
      if (m->overtaken && m->start == e.start && m->pfn && (rows_.size() < kObjects || rows_.contains(e.ctx)))
        back(e, rows_[e.ctx], {m->pfn, MS_reason_clear, m->overtaken}, judge);
    const auto at = rows_.find(e.ctx);
    if (at == rows_.end()) return;
    const auto lost = at->second.taken.find(e.start);
    if (lost == at->second.taken.end()) return;
    const Lost was = lost->second;
    at->second.taken.erase(lost);
    --addresses_;
    back(e, at->second, was, judge);
  }

  void on(const ev_mm_exit_ret&, const Facts&, Judge&) {
    std::erase_if(rows_, [&](const auto& row) {
      if (mirror_->ctx(row.first)) return false;
      addresses_ -= row.second.taken.size();
      return true;
    });
  }

 private:
  static constexpr uint32_t kRounds = 128;
  static constexpr size_t kObjects = 4096;
  static constexpr size_t kAddresses = 65536;  // of all of them
  static constexpr size_t kReasons = 8;

  struct Lost {
    uint64_t pfn;
    uint32_t reason;
    EventRef at;
  };
  struct Row {
    std::unordered_map<uint64_t, Lost> taken;  // by address: what an invalidation took and is not back
    uint32_t rounds = 0, same = 0;
    std::array<uint32_t, kReasons> by_reason{};
    EventRef first;
  };

  static void back(const ev_dev_map& e, Row& row, const Lost& was, Judge& judge) {
    if (!row.rounds++) row.first = was.at;
    if (was.pfn == e.pfn) {
      ++row.same;
      ++row.by_reason[was.reason % kReasons];
    }
    if (row.rounds < kRounds) return;
    if (row.same * 4 < row.rounds * 3) {
      judge.held();
    } else {
      const auto most = std::max_element(row.by_reason.begin(), row.by_reason.end());
      judge.broken(e.h, row.first.time, {{row.first, "the first of these invalidations"}, {was.at, "the last of them"}},
                   fmt::format("of {} translations of object {} that invalidations took away, {} were made anew with the very page that they "
                               "had, within {} ms; {} of them went for {}",
                               row.rounds, hex(e.ctx), row.same, (e.h.time - row.first.time) / 1'000'000, *most,
                               reason_text(static_cast<uint32_t>(most - row.by_reason.begin()))));
    }
    row.rounds = row.same = 0;
    row.by_reason = {};
  }

  std::unordered_map<uint64_t, Row> rows_;  // by ctx
  size_t addresses_ = 0;                    // in all rows
};

RULE(ord_27_same_page_again, SamePageAgain,
     {.id = "ORD-27",
      .name = "same_page_again",
      .level = Level::smell,
      .party = Party::core,
      .says = "of 128 translations of an object that invalidations took away and that were made anew, more than a quarter lead to another page",
      .because = "mm/mprotect.c, change_pud_range(): NUMA hinting starts an invalidation for every range that it takes protection from, and "
                 "virt/kvm/kvm_main.c, kvm_mmu_notifier_invalidate_range_start() unmaps and flushes whatever it is for",
      .not_claimed = "that it is wrong: fork and mprotect() of the process itself are such invalidations, too; that the page stood still in "
                     "between; translations whose page is not in the records",
      .look_at = "who starts them (the stack): NUMA hinting (kernel.numa_balancing), KSM or khugepaged over memory that cannot move because it "
                 "is pinned, or that a device uses all the time",
      .also = {EV_inv_start}})

}  // namespace mirrorscope::rules
