// SPDX-License-Identifier: Apache-2.0
// REG-04: what a pinned registration gave to its device stays the same until it ends.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class AddressChanged final : public RuleOf<AddressChanged> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    const Registration* r = pinned(e.ctx, e.h, f);
    if (!r) return;
    if (f.gone.empty()) return judge.held();
    changed(e.h, *r, e.start, e.end, "mapped anew", judge);
  }

  void on(const ev_dev_unmap& e, const Facts& f, Judge& judge) {
    const Registration* r = pinned(e.ctx, e.h, f);
    if (r && !f.gone.empty()) changed(e.h, *r, e.start, e.end, "unmapped", judge);
  }

 private:
  const Registration* pinned(uint64_t ctx, const ev_header& h, const Facts& f) const {
    const Registration* r = mirror_->registration(ctx);
    const bool live = r && f.mm && r->pinned && !r->ended && r->mm_generation == f.mm->generation;
    return live && r->begun.time + Mirror::kClockSlack < h.time ? r : nullptr;
  }
  static void changed(const ev_header& h, const Registration& r, uint64_t start, uint64_t end, std::string_view how, Judge& judge) {
    judge.broken(h, r.begun.time, {{r.begun, "registered, its pages are pinned"}},
                 fmt::format("{} of live registration {} is {}: its device has addresses that mean something else", range_text(start, end),
                             hex(r.ctx), how));
  }
};

RULE(reg_04_address_changed, AddressChanged,
     {.id = "REG-04",
      .name = "address_changed",
      .level = Level::hard,
      .party = Party::driver,
      .says = "between reg and dereg the translations of a pinned registration are neither removed nor made again",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va() maps once, ib_umem_release() unmaps once; the device has no fault to "
                 "ask again with",
      .not_claimed = "registrations with a notifier, or whose object promises to unmap: a dynamic dma-buf follows its exporter (P2P-04); "
                     "what a rereg does, which ends one registration and begins another",
      .look_at = "who touches the table of a memory region that is in use",
      .also = {EV_reg, EV_dereg, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
