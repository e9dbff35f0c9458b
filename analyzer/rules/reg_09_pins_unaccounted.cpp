// SPDX-License-Identifier: Apache-2.0
// REG-09: pages that a registration pins are accounted to their owner for as long as it lives, and no longer.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

// mm->pinned_vm belongs to many drivers, and each adds and subtracts when it likes: what one call has changed cannot be read from it. Two things
// are true whatever the others do: it is no less than what is registered, and it is nothing when the last reference of the mm is gone.
class PinsUnaccounted final : public SuspectingRule<PinsUnaccounted> {
 public:
  void on(const ev_pin_account& e, const Facts&, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    if (e.end <= e.start) return;
    live_.take_all([&](const Accounted& a) { return a.ctx == e.ctx; });
    const uint64_t mm = mirror_->generation_of(e.h.mm);
    int64_t least = pages_of(e);
    uint64_t from = e.h.time;
    std::vector<Evidence> evidence;
    for (const Accounted& a : live_) {
      if (a.mm != mm || a.at.time + Mirror::kClockSlack >= e.h.time) continue;
      least = std::min(least + a.pages, kMost);
      from = std::min(from, a.at.time);
      if (evidence.size() < kNamed) evidence.push_back({a.at, fmt::format("{} pages of {} were accounted, and it is still registered", a.pages, hex(a.ctx))});
    }
    if (e.pinned_vm >= least)
      live_.forgot() ? judge.unknown() : judge.held();  // of more than that many the sum is not known
    else
      suspects_.add(e.h, e.h.mm, from, std::move(evidence),
                    fmt::format("{} is registered and pinned_vm is {} pages: its registrations have {}", range_text(e.start, e.end), e.pinned_vm, least));
    live_.add({e.ctx, mm, pages_of(e), EventRef::of(e.h)});
    if (Seen* seen = seen_.find([&](const Seen& s) { return s.mm == mm; }))
      seen->at = EventRef::of(e.h);
    else
      seen_.add({mm, EventRef::of(e.h)});
  }

  // Its pages are subtracted after this record. It may be that of another CPU's, in truth earlier than the registration that it explains.
  void on(const ev_dereg& e, const Facts&, Judge& judge) {
    suspects_.explain(e.h, e.h.mm, judge);
    live_.take_all([&](const Accounted& a) { return a.ctx == e.ctx; });
  }

  // Every driver that accounts holds a reference of the mm until it has subtracted.
  void on(const ev_mm_end& e, const Facts& f, Judge& judge) {
    suspects_.settle(e.h.time, judge);
    const Seen* last = f.mm ? seen_.find([&](const Seen& s) { return s.mm == f.mm->generation; }) : nullptr;
    if (!last) return;  // who accounted for it has no hook
    if (e.pinned_vm)
      judge.broken(e.h, last->at.time, {{last->at, "the last registration that was accounted to it"}},
                   fmt::format("the mm is gone and its pinned_vm is {} pages: what was added at registration was not taken back", e.pinned_vm));
    else
      judge.held();
    seen_.take(last);
    live_.take_all([&](const Accounted& a) { return a.mm == f.mm->generation; });
  }

 private:
  static constexpr size_t kNamed = 4;
  static constexpr int64_t kMost = int64_t{1} << 60;  // pages; no sum is more, whatever the records say
  static constexpr uint64_t kPage = 4096;
  struct Accounted {
    uint64_t ctx, mm;  // mm: its generation
    int64_t pages;
    EventRef at;
  };
  struct Seen {
    uint64_t mm;
    EventRef at;
  };
  // ib_umem_num_pages()
  static int64_t pages_of(const ev_pin_account& e) {
    return static_cast<int64_t>((e.end - 1) / kPage - e.start / kPage + 1);
  }

  History<Accounted, 4096> live_;
  History<Seen, 1024> seen_;
};

RULE(reg_09_pins_unaccounted, PinsUnaccounted,
     {.id = "REG-09",
      .name = "pins_unaccounted",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when a registration has pinned its pages, mm->pinned_vm of its owner counts all that are registered; when the mm is gone, it is 0",
      .because = "drivers/infiniband/core/umem.c, __ib_umem_get_va(): atomic64_add_return(npages, &mm->pinned_vm) before the first pin; "
                 "ib_umem_release(): atomic64_sub(ib_umem_num_pages(umem), &umem->owning_mm->pinned_vm), and mmdrop() behind it",
      .not_claimed = "how much one call adds, since io_uring, vdpa or iommufd change the same number meanwhile; that RLIMIT_MEMLOCK is kept, as one "
                     "that is refused adds its pages for a moment; processes without a hooked registration; a perf buffer that two processes "
                     "map, which perf_mmap_close() subtracts from the last one",
      .look_at = "the ways out of the registration, and who subtracts at its end",
      .also = {}})

}  // namespace mirrorscope::rules
