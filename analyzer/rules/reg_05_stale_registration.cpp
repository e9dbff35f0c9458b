// SPDX-License-Identifier: Apache-2.0
// REG-05: the addresses of a live pinned registration are not unmapped, moved or discarded.
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class StaleRegistration final : public SuspectingRule<StaleRegistration> {
 public:
  void finish(uint64_t now, const Mirror& mirror, Judge& judge) override {
    cached_over(0, nullptr, now, judge);
    SuspectingRule::finish(now, mirror, judge);
  }
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    if (!f.stale.empty()) taken(e.h, e.start, e.end, reason_text(e.reason), f, judge);
  }
  // Where the mm has no notifier nobody tells; these probes are on the system calls' paths themselves.
  void on(const ev_vma_unmap& e, const Facts& f, Judge& judge) {
    if (!f.stale.empty()) taken(e.h, e.start, e.end, "unmapped", f, judge);
  }
  void on(const ev_vma_remap& e, const Facts& f, Judge& judge) {
    if (!f.stale.empty()) taken(e.h, e.start, e.end, "moved by mremap()", f, judge);
  }
  void on(const ev_vma_discard& e, const Facts& f, Judge& judge) {
    if (!f.stale.empty()) taken(e.h, e.start, e.end, "discarded by madvise()", f, judge);
  }
  // Shared memory that was unmapped is still the file's; it is other memory there that parts the device from the process.
  void on(const ev_vma_map& e, const Facts& f, Judge& judge) {
    if (!f.stale.empty()) taken(e.h, e.start, e.end, "mapped to private memory where shared memory was", f, judge);
  }

  void on(const ev_dereg& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.ctx, judge);
    cached_over(e.ctx, f.registration, e.h.time, judge);
    if (!f.registration || !f.registration->pinned || !f.registration->taken.empty()) return;
    if (f.registration->parted.overflowed) return judge.unknown();  // what was mapped where the last of its shared memory was
    // an mm without notifiers whose VMAs nobody watches tells nothing
    f.mm && (f.mm->starts || f.mm->vmas_watched) ? judge.held() : judge.unknown();
  }

 private:
  [[gnu::cold]] void taken(const ev_header& h, uint64_t start, uint64_t end, std::string_view how, const Facts& f, Judge& judge) {
    suspects_.settle(h.time, judge);
    for (const Registration* r : f.stale) {
      std::vector<Evidence> evidence;
      if (r->made_at) evidence.push_back({r->made_at, "where the registration was asked for"});
      evidence.push_back({r->begun, "registered, its pages are pinned"});
      for (const Taken& p : r->parted)
        if (h.id == EV_vma_map && p.start < end && start < p.end) evidence.push_back({p.at, "its shared memory was unmapped or moved away"});
      if (f.site) evidence.push_back({f.site, "where its addresses are taken away"});
      auto what = fmt::format("{} ({}) hits registration {} of {}: from here on the device uses other pages than the CPU finds there",
                              range_text(start, end), how, hex(r->ctx), range_text(r->start, r->end));
      if (r->cache)
        keep({h, r->ctx, r->rests_on(), std::move(evidence), std::move(what)}, judge);
      else
        suspects_.add(h, r->ctx, r->rests_on(), std::move(evidence), std::move(what));
    }
  }

  // Of a registration that belongs to a cache: when it ends it is known whether the cache heard of it from a userfaultfd, which tells after
  // the unmap (fs/userfaultfd.c, userfaultfd_unmap_complete()), and found it no more. Who found it meanwhile is REG-20's.
  void cached_over(uint64_t ctx, const Registration* ended, uint64_t now, Judge& judge) {
    cached_.take_all([&](Cached& c) {
      if (ctx && c.ctx != ctx) return false;
      if (ended && ended->heard)
        judge.held();
      else
        judge.never_came(c.completing, c.from, now, std::move(c.evidence), std::move(c.what));
      return true;
    });
  }

  struct Cached {
    ev_header completing;
    uint64_t ctx, from;
    std::vector<Evidence> evidence;
    std::string what;
  };
  void keep(const Cached& c, Judge& judge) {
    cached_.add(c);
    if (cached_.forgot()) judge.unknown();  // of more than that at a time what came of the first is not known
  }
  History<Cached, 1024> cached_;
};

RULE(reg_05_stale_registration, StaleRegistration,
     {.id = "REG-05",
      .name = "stale_registration",
      .level = Level::hazard,
      .party = Party::application,
      .says = "a process does not unmap, move or discard addresses that are registered with a device and pinned",
      .because = "Documentation/core-api/pin_user_pages.rst: a pin keeps the page, not the mapping; mm/memory.c, unmap_vmas() and "
                 "zap_vma_range_batched() do not look at pins. It is the application's contract: the driver has promised only the pages",
      .not_claimed = "that the device accesses it afterwards: REG-23; what only an invalidation for clear shows: a huge page that is split "
                     "beside it, reclaim, NUMA hinting and migration that the pin defeats; the end of the process; truncate() and hole "
                     "punching of a file; shared memory that is discarded, unmapped, or mapped again, from whatever file; a "
                     "cache that gives a region up before the munmap, or when it reads of it from a userfaultfd, and ends the registration later, "
                     "if record --ucache saw it; "
                     "anything about memory that a notifier watches: munmap() under a device's work is the application's error there "
                     "too (REG-14), migration and reclaim are not, the driver follows them",
      .look_at = "who took the addresses away (the stack), and the registration cache that missed this munmap, mremap or madvise",
      .also = {EV_reg, EV_mm_release},
      .excuses = {EV_ucache_insert, EV_ucache_evict, EV_ucache_event}})

}  // namespace mirrorscope::rules
