// SPDX-License-Identifier: Apache-2.0
// REG-08: the pages of a writable registration are marked dirty when it ends.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NotDirtied final : public RuleOf<NotDirtied> {
 public:
  // where each page's hold has a row
  void on(const ev_page_release& e, const Facts& f, Judge& judge) {
    if (e.hold != MS_hold_pin || !f.has_hold || !f.hold.written || f.hold.count > 1) return;
    if (e.dirty) return judge.held();
    // that it is the only hold rests on every record since the object began
    judge.broken(e.h, {f.hold.at.time, f.ctx ? f.ctx->begun.time : 0}, {{f.hold.at, "pinned; the device got the page for writing since"}},
                 fmt::format("page {} is given back without being marked dirty: what the device wrote may be dropped by reclaim",
                             hex(e.pfn)));
  }

  void on(const ev_dereg& e, const Facts& f, Judge& judge) {
    const Registration* r = f.registration;
    if (!r || !r->pinned || !r->write || !driver_row(e.driver).dereg_says_dirty || r->driver != e.driver) return;
    if (e.dirty) return judge.held();
    judge.broken(e.h, r->begun.time, {{r->begun, "registered, the device may write"}},
                 fmt::format("registration {} of {} ends without marking its pages dirty: what the device wrote may be "
                             "dropped by reclaim",
                             hex(e.ctx), range_text(r->start, r->end)));
  }
};

RULE(reg_08_not_dirtied, NotDirtied,
     {.id = "REG-08",
      .name = "not_dirtied",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "the pages of a pinned registration that the device may write are marked dirty when it ends",
      .because =
          "drivers/infiniband/core/umem.c, __ib_umem_release() \"make_dirty = umem->writable && dirty\"; mm/gup.c, "
          "unpin_user_page_range_dirty_lock()",
      .not_claimed = "that the device wrote: an error path before the first access need not mark anything; "
                     "registrations whose hook does not see how pages are given back",
      .look_at = "the argument make_dirty of the unpin",
      .also = {EV_reg, EV_page_hold, EV_dev_map}})

}  // namespace mirrorscope::rules
