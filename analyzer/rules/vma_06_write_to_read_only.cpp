// SPDX-License-Identifier: Apache-2.0
// VMA-06: what the process may not write, the device may not either.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class WriteToReadOnly final : public RuleOf<WriteToReadOnly> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !e.write || e.end <= e.start || !f.mm->vmas.size()) return;
    if (f.ctx && gates_work(promise(*f.ctx, *mirror_))) return;  // written to a page table that nothing may use yet
    bool known = false;
    const VmaPiece* bad = nullptr;
    f.mm->vmas.overlapping(e.start, e.end - 1, [&](const VmaPiece& v) {
      if (v.at.time + Mirror::kClockSlack >= e.h.time) return;
      known = true;
      if (!(v.flags & kVmWrite)) bad = &v;
    });
    if (!known) return;
    if (!bad) return judge.held();
    judge.broken(e.h, since_promised(f.ctx, bad->at.time), {{bad->at, "the addresses were made read-only"}},
                 fmt::format("{} is mapped for writing and {} is not writable for the process", range_text(e.start, e.end),
                             range_text(bad->start, bad->end)),
                 f.sub ? f.sub->fn : 0);
  }

 private:
  static constexpr uint64_t kVmWrite = 2;  // VM_WRITE, include/linux/mm.h
};

RULE(vma_06_write_to_read_only, WriteToReadOnly,
     {.id = "VMA-06",
      .name = "write_to_read_only",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a page is mapped for writing only while its VMA has VM_WRITE",
      .because = "mm/hmm.c, hmm_vma_fault() is -EPERM for a write to a VMA without VM_WRITE; mm/gup.c, check_vma_flags()",
      .not_claimed = "addresses whose protection was set before recording; a change that is under way at the same time; drivers that keep "
                     "translations and gate work (SEQ-13)",
      .look_at = "HMM_PFN_REQ_WRITE and FOLL_WRITE, and what else the driver takes the right to write from",
      .also = {EV_vma_map, EV_vma_unmap, EV_vma_protect}})

}  // namespace mirrorscope::rules
