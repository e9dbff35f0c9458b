// SPDX-License-Identifier: Apache-2.0
// REG-28: a long-term pin does not fail because somebody else pins the same pages at that moment.
#include <algorithm>
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::rules {

class PinsCollide final : public RuleOf<PinsCollide> {
 public:
  void on(const ev_pin& e, const Facts&, Judge&) {
    if (!e.npages) return;
    // a task is in one pin at a time; one that was over before any began that is under way can meet none
    uint64_t oldest = e.h.time;
    pins_.take_all([&](const Pin& p) { return p.tid == e.h.tid && !p.over; });
    for (const Pin& p : pins_)
      if (!p.over) oldest = std::min(oldest, p.at.time);
    pins_.take_all([&](const Pin& p) { return p.over && p.over < oldest; });
    pins_.add({mirror_->generation_of(e.h.mm), e.start, e.start + e.npages * kPage, e.h.tid, EventRef::of(e.h), 0});
  }

  void on(const ev_pin_ret& e, const Facts&, Judge& judge) {
    Pin* own = pins_.find([&](const Pin& p) { return p.tid == e.h.tid && !p.over; });
    if (!own) return;
    own->over = e.h.time;
    if (!(e.gup_flags & kFollLongterm)) return;
    // what migrate_longterm_unpinnable_folios() makes of a page that would not move
    if (e.ret != -ENOMEM && e.ret != -EBUSY) return judge.held();
    for (const Pin& p : pins_) {
      if (p.tid == own->tid || p.mm != own->mm || p.end <= own->start || own->end <= p.start) continue;
      if (p.over && p.over < own->at.time) continue;
      return judge.broken(e.h, std::min(p.at.time, own->at.time), {{p.at, "another task was pinning the same addresses"}, {own->at, "the pin began"}},
                          fmt::format("the long-term pin of {} failed ({}) while task {} was pinning {}: its reference keeps the page from moving out "
                                      "of CMA or a movable zone, and the page that does not move cannot be pinned",
                                      range_text(own->start, own->end), e.ret, p.tid, range_text(p.start, p.end)));
    }
    pins_.forgot() ? judge.unknown() : judge.held();
  }

 private:
  static constexpr uint64_t kPage = 4096;

  struct Pin {
    uint64_t mm, start, end;  // mm: its generation
    uint32_t tid;
    EventRef at;
    uint64_t over;  // 0 = it is under way
  };
  History<Pin, 256> pins_;  // those under way, and those that may have met one of them
};

RULE(reg_28_pins_collide, PinsCollide,
     {.id = "REG-28",
      .name = "pins_collide",
      .level = Level::smell,
      .party = Party::driver,
      .says = "a long-term pin does not fail while another task pins the same addresses",
      .because = "mm/gup.c, migrate_longterm_unpinnable_folios(): a folio in CMA or a movable zone is migrated before it is pinned, and "
                 "folio_migrate_mapping() refuses one whose reference count is not what is expected: a second pin's makes it so",
      .not_claimed = "that it was the cause: memory may really be short; pins of other processes on the same pages; more than 256 pins at a "
                     "time; kernels before 6.3, where FOLL_LONGTERM is another bit",
      .look_at = "who pins the same memory from two threads, and whether the second could wait for the first, or the failed pin be tried again",
      .also = {}})

}  // namespace mirrorscope::rules
