// SPDX-License-Identifier: Apache-2.0
// REG-23: a device does not access a pinned registration whose addresses lead elsewhere.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class StaleRegistrationUsed final : public RuleOf<StaleRegistrationUsed> {
 public:
  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) {
    const Registration* r = f.registration;
    if (!r || !r->pinned || r->ended) return;
    const Taken* t = r->taken_of(e.start, e.end);
    if (!t) return r->parted.overflowed ? judge.unknown() : judge.held();
    if (t->at.time + Mirror::kClockSlack >= e.h.time) return;
    judge.broken(e.h, r->rests_on(), {{r->begun, "registered, its pages are pinned"}, {t->at, "its addresses were taken away"}},
                 fmt::format("the device {} {} of registration {}, of which the process has given up {}: {}", e.write ? "writes" : "reads",
                             range_text(e.start, e.end), hex(r->ctx), range_text(t->start, t->end),
                             e.write ? "what it writes never reaches the process" : "it reads what the process wrote there before"));
  }

  // What takes them away; the mirror keeps it.
  void on(const ev_vma_unmap&, const Facts&, Judge&) {}
  void on(const ev_vma_discard&, const Facts&, Judge&) {}
};

RULE(reg_23_stale_registration_used, StaleRegistrationUsed,
     {.id = "REG-23",
      .name = "stale_registration_used",
      .level = Level::hazard,
      .party = Party::application,
      .says = "a device accesses a pinned registration only while its addresses lead to the pages that were pinned",
      .because = "Documentation/core-api/pin_user_pages.rst: a pin keeps the page, not the mapping. It is the application's contract: the "
                 "device and its driver do what they were told",
      .not_claimed = "that the driver did anything wrong; shared memory that was discarded or unmapped and is still the file's; what only an "
                     "invalidation for clear shows: a huge page that is split beside it, a migration that the pin defeats; memory that a "
                     "notifier watches, where the access fails or finds the new pages",
      .look_at = "REG-05 for who took the addresses away; then who still holds the key of this registration: a cache, a peer",
      .also = {EV_reg, EV_dereg, EV_mm_release, EV_vma_map}})

}  // namespace mirrorscope::rules
