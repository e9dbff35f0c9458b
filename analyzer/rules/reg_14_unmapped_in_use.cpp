// SPDX-License-Identifier: Apache-2.0
// REG-14: a process does not unmap what it has told a device to use.
#include <algorithm>
#include <utility>
#include <vector>

#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UnmappedInUse final : public RuleOf<UnmappedInUse> {
 public:
  void on(const ev_inv_start& e, const Facts& f, Judge& judge) {
    if (e.reason != MS_reason_unmap || !f.mm || f.mm->dmas.empty() || f.mm->releasing || e.end == UINT64_MAX) return;
    const Dma* first = nullptr;  // one call unmaps them all
    size_t more = 0;
    Since since = e.h.time;
    std::vector<Evidence> evidence;
    for (const Dma& d : f.mm->dmas) {
      if (d.start >= e.end || e.start >= d.end || !judges(mirror_->ctx(d.ctx), d.driver)) continue;
      if (d.at.time + Mirror::kClockSlack >= e.h.time) continue;
      if (evidence.size() < kShown) evidence.push_back({d.at, "the access began"});
      const Since promised = since_promised(mirror_->ctx(d.ctx), d.at.time);
      since = {std::min(since.from, promised.from), std::min(since.of_driver, promised.of_driver)};
      if (first)
        ++more;
      else
        first = &d;
    }
    if (!first) return;
    judge.broken(e.h, since, std::move(evidence),
                 fmt::format("{} is unmapped while a device accesses {} of it{}: the device's work fails or loses data", range_text(e.start, e.end),
                             range_text(first->start, first->end), more ? fmt::format(" (and {} accesses more)", more) : ""));
  }

  void on(const ev_dma_end& e, const Facts& f, Judge& judge) {
    if (f.has_dma && judges(mirror_->ctx(e.ctx), e.driver)) judge.held();
  }
  void on(const ev_dma_begin&, const Facts&, Judge&) {}

 private:
  static constexpr size_t kShown = 4;

  // pinned memory is REG-05's
  bool judges(const Ctx* ctx, uint32_t driver) const {
    if (!ctx || driver_row(driver).dma_end_is_late) return false;
    const auto discipline = promise(*ctx, *mirror_);
    return discipline && *discipline != Discipline::pin;
  }
};

RULE(reg_14_unmapped_in_use, UnmappedInUse,
     {.id = "REG-14",
      .name = "unmapped_in_use",
      .level = Level::smell,
      .party = Party::application,
      .says = "a process unmaps nothing that a device is accessing on its behalf",
      .because = "mm/memory.c, unmap_vmas() does not ask devices, it tells them; what a driver then has to do is ORD-10",
      .not_claimed = "anything about the driver; pinned memory (REG-05); the end of the process",
      .look_at = "who waits for the device's completion before munmap (the stack)",
      .also = {EV_mm_release, EV_mm_exit_ret}})

}  // namespace mirrorscope::rules
