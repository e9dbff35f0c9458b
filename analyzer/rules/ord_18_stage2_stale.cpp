// SPDX-License-Identifier: Apache-2.0
// ORD-18: KVM maps a page for its guest only when it has just found, under mmu_lock, that the fault is not stale.

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class Stage2Stale final : public RuleOf<Stage2Stale> {
 public:
  // under mmu_lock the count cannot move: what is said to stand has the count of this moment
  void on(const ev_revalidate& e, const Facts&, Judge& judge) {
    if (!driver_row(e.driver).asks_before_each_map || !e.ok) return;
    if (e.seq == e.sub_seq) return judge.held();
    judge.broken(
        e.h, e.h.time, {},
        fmt::format("{} passed for fresh with mmu_invalidate_seq {}, and it is {}: its page may have been given away",
                    range_text(e.start, e.end), e.seq, e.sub_seq));
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!driver_row(e.driver).asks_before_each_map) return;
    if (!f.has_check) return judge.unknown();  // begun before recording
    Used* used = used_.find([&](const Used& u) { return u.tid == e.h.tid; });
    if (!used && used_.forgot()) return judge.unknown();
    if (!used) used = &used_.add({e.h.tid, 0});
    const bool again = used->check == f.check.at.time;
    used->check = f.check.at.time;
    const bool same = e.start <= f.check.start && f.check.end <= e.end;
    const bool moved = e.seq && e.seq != e.sub_seq;  // 6.1 does not keep it in the fault
    if (!again && same && f.check.ok && !moved) return judge.held();
    const char* why = again || !same ? "nobody asked whether that fault was stale"
                      : moved        ? "the count has moved on"
                                     : "it was found stale";
    judge.broken(e.h, f.check.at.time, {{f.check.at, "the last check of this task"}},
                 fmt::format("{} is mapped for the guest and {}", range_text(e.start, e.end), why));
  }

 private:
  struct Used {
    uint32_t tid;
    uint64_t check;
  };
  History<Used, 1024> used_;  // of each task, which are vCPUs: the check that its last mapping rested on
};

RULE(ord_18_stage2_stale, Stage2Stale,
     {.id = "ORD-18",
      .name = "stage2_stale",
      .level = Level::hard,
      .party = Party::driver,
      .says = "KVM maps a page into its stage-2 tables only after is_page_fault_stale() has said no for this very "
              "fault, and then "
              "mmu_invalidate_seq is what it was when the page was looked up",
      .because = "include/linux/kvm_host.h, mmu_invalidate_retry_gfn(); arch/x86/kvm/mmu/mmu.c, "
                 "kvm_tdp_mmu_page_fault() asks under mmu_lock, "
                 "which kvm_mmu_invalidate_start() and _end() take for write",
      .not_claimed = "shadow paging, which the hook does not see; that no invalidation is in progress (ORD-11)",
      .look_at = "what lies between the lookup of the page and the check, and whether mmu_lock is held from the check "
                 "to the mapping",
      .also = {}})

}  // namespace mirrorscope::rules
