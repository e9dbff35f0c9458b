// SPDX-License-Identifier: Apache-2.0
// SVM-13: a device page that was copied to the system is not copied again before it was freed.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class CopiedTwice final : public RuleOf<CopiedTwice> {
 public:
  void on(const ev_copy_begin& e, const Facts&, Judge& judge) {
    if (e.to_device || !e.from) return;
    for (const Copied& c : copied_)
      if (c.pfn == e.from)
        return judge.broken(e.h, c.at.time, {{c.at, "it was copied to the system"}},
                            fmt::format("device page {} is copied once more: what the CPU has written since is overwritten",
                                        hex(e.from)));
    copied_.forgot() ? judge.unknown() : judge.held();
    copied_.add({e.from, e.ctx, e.args, e.start, true, EventRef::of(e.h)});
  }

  // Pages are begun one by one and end together: of this one's a copy that failed may be tried again, whatever was begun since.
  void on(const ev_copy_end& e, const Facts&, Judge&) {
    const auto its = [&](const Copied& c) { return c.under_way && c.args == e.args && c.start == e.start && c.ctx == e.ctx; };
    if (e.ret)
      copied_.take_all(its);
    else
      for (Copied& c : copied_)
        if (its(c)) c.under_way = false;
  }
  void on(const ev_page_free& e, const Facts&, Judge&) {
    copied_.take_all([&](const Copied& c) { return c.pfn == e.pfn; });
  }

 private:
  struct Copied {
    uint64_t pfn, ctx, args, start;
    bool under_way;
    EventRef at;
  };
  History<Copied, 1024> copied_;
};

RULE(svm_13_copied_twice, CopiedTwice,
     {.id = "SVM-13",
      .name = "copied_twice",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a page of a device that was copied to the system's memory is the source of no other copy until it was freed",
      .because = "drivers/gpu/drm/drm_pagemap.c, drm_pagemap_zdd flag for pages that have migrated (7.2); mm/migrate_device.c, "
                 "migrate_device_pfns()",
      .not_claimed = "copies that name no page; copies that failed",
      .look_at = "eviction and CPU fault of the same page at a time",
      .also = {}})

}  // namespace mirrorscope::rules
