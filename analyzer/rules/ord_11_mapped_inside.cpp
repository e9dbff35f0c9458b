// SPDX-License-Identifier: Apache-2.0
// ORD-11: nothing of a range is mapped between the start and the end of its invalidation.
#include <algorithm>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/open_regions.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class MappedInside final : public SuspectingRule<MappedInside> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx) return;
    suspects_.settle(e.h.time, judge);
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!discipline) return judge.unknown();
    if (*discipline == Discipline::pin || *discipline == Discipline::shared_table || gates_work(discipline)) return;
    const Region* r = open_over(*mirror_, *f.mm, *f.ctx, e.start, e.end, e.h.time);
    if (!r) return judge.held();
    // kvm_mmu_hugepage_adjust(): what is asked is whether the page that faulted is invalidated, not all of the huge page around it. That is still
    // whole then: it has to be split before a part of it goes, and that is an invalidation of its own.
    if (e.order && !e.sub && (e.start < r->start || e.end > r->end)) {
      larger_.add({r->range, since_promised(f.ctx, r->returned.time), e.ctx, std::max<uint64_t>(e.start, r->start), std::min<uint64_t>(e.end, r->end), r->returned, EventRef::of(e.h)});
      return;
    }
    suspects_.add(e.h, r->range, since_promised(f.ctx, r->returned.time), {{r->returned, "the invalidation had started"}},
                  fmt::format("{} is mapped while {} ({}) is being invalidated: the device gets pages that are given away",
                              range_text(e.start, e.end), range_text(r->start, r->end), reason_text(r->reason)));
  }

  void on(const ev_inv_end& e, const Facts&, Judge& judge) {
    suspects_.explain(e.h, e.range, judge);
    larger_.take_all([&](const Larger& l) {
      if (l.range != e.range) return false;
      judge.broken(e.h, l.since, {{l.returned, "the invalidation had started"}, {l.mapped, "the device was given a larger page"}},
                   fmt::format("{} was mapped as a part of something larger while it was invalidated, and is mapped at the end: the device has "
                               "pages that are given away",
                               range_text(l.start, l.end)));
      return true;
    });
  }

  void on(const ev_dev_unmap& e, const Facts&, Judge& judge) {
    larger_.take_all([&](const Larger& l) {
      if (l.ctx != e.ctx || e.start > l.start || e.end < l.end) return false;
      judge.held();
      return true;
    });
  }

 private:
  // A translation that reaches beyond the range that is invalidated, and the part of it within.
  struct Larger {
    uint64_t range;
    Since since;
    uint64_t ctx, start, end;
    EventRef returned, mapped;
  };
  History<Larger, 64> larger_;
};

RULE(ord_11_mapped_inside, MappedInside,
     {.id = "ORD-11",
      .name = "mapped_inside",
      .level = Level::hard,
      .party = Party::driver,
      .says = "a device is given no translation of a range between the start and the end of an invalidation of it",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() waits for the end; include/linux/mmu_notifier.h, "
                 "invalidate_range_start() \"no new SPTEs\" until the end",
      .not_claimed = "a huge page of which a part is invalidated, if it is gone before the end (x86 KVM asks for the page that faulted alone); drivers that pin, share the CPU's page table, or keep translations and gate work (SEQ-13); the device's own migrations; that the page had been changed by "
                     "then",
      .look_at = "where the pages came from: a lookup that began before the start, or one without read_begin",
      .also = {EV_inv_start_ret, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
