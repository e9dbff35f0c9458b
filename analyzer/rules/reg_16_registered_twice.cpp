// SPDX-License-Identifier: Apache-2.0
// REG-16: the same addresses are not registered twice with one device at a time.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class RegisteredTwice final : public RuleOf<RegisteredTwice> {
 public:
  void on(const ev_reg& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.registration || !f.registration->pinned || e.end <= e.start) return;
    const Registration* same = nullptr;
    f.mm->pinned.overlapping(e.start, e.end - 1, [&](const Registration& r) {
      if (r.ctx != e.ctx && r.start == e.start && r.end == e.end && r.driver == e.driver && r.write == e.write) same = &r;
    });
    if (!same) return judge.held();
    judge.broken(e.h, same->begun.time, {{same->begun, "registered before"}},
                 fmt::format("{} is registered and pinned once more: a cache of registrations would have found {}",
                             range_text(e.start, e.end), hex(same->ctx)));
  }

  void on(const ev_dereg&, const Facts&, Judge&) {}
};

RULE(reg_16_registered_twice, RegisteredTwice,
     {.id = "REG-16",
      .name = "registered_twice",
      .level = Level::smell,
      .party = Party::application,
      .says = "no pinned registration is made of addresses that a live one of the same rights already covers exactly",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va() pins every page anew and counts it against RLIMIT_MEMLOCK each time",
      .not_claimed = "that it is wrong: two protection domains, two devices or two libraries may each need one, and UCX makes two of a region "
                     "where it prefers relaxed ordering (UCX_IB_PCI_RELAXED_ORDERING)",
      .look_at = "the registration cache of the application or library",
      .also = {}})

}  // namespace mirrorscope::rules
