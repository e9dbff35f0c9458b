// SPDX-License-Identifier: Apache-2.0
// REG-18: who is gone has given back every page that it held.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class PinsLeft final : public RuleOf<PinsLeft> {
 public:
  void on(const ev_dev_ctx_end& e, const Facts& f, Judge& judge) {
    if (!f.ctx) return judge.unknown();
    const Ctx& ctx = *f.ctx;
    if (!ctx.holds) return;  // what it holds has no rows
    if (!ctx.held) return judge.held();
    const Hold* first = nullptr;
    for (const Hold& h : f.left)
      if (!first || h.at.time < first->at.time) first = &h;
    std::vector<Evidence> evidence;
    if (first) evidence.push_back({first->at, fmt::format("a hold that is left: {}", label_of(catalog::enum_hold, first->hold))});
    judge.broken(e.h, first ? first->at.time : ctx.begun.time, std::move(evidence),
                 fmt::format("{} is gone and {} it held were never given back: nobody is left who could", hex(ctx.ptr),
                             ctx.held == 1 ? "a page that" : fmt::format("{} pages that", ctx.held)));
  }

  void on(const ev_page_hold&, const Facts&, Judge&) {}
  void on(const ev_page_release&, const Facts&, Judge&) {}
};

RULE(reg_18_pins_left, PinsLeft,
     {.id = "REG-18",
      .name = "pins_left",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when a mirroring object or a registration is gone, it holds no pin, reference or bus address of a page any more",
      .because = "mm/gup.c, unpin_user_page() \"Pages that were pinned via pin_user_pages*() must be released via either "
                 "unpin_user_page(), or one of the unpin_user_pages*() routines\"; drivers/infiniband/core/umem.c, "
                 "__ib_umem_get_va(): umem_release; arch/x86/kvm/mmu/mmu.c, kvm_mmu_finish_page_fault() of a fault that is tried again",
      .not_claimed = "drivers whose holds or whose end have no rows; objects that outlive the recording, or the process: a file of the "
                     "device may be closed after exit_mmap(), and pins may stand until then",
      .look_at = "the ways out of the function that took it: errors, retries, short results",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
