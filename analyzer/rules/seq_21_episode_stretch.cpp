// SPDX-License-Identifier: Apache-2.0
// SEQ-21: a reader waits for the invalidations of its own range, not for those of others.
#include <algorithm>

#include "analyzer/rule.h"
#include "analyzer/state/episode_waits.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class EpisodeStretch final : public RuleOf<EpisodeStretch> {
 public:
  void on(const ev_itree_end_ret& e, const Facts& f, Judge&) { waits_.sees(e, f); }
  void on(const ev_mm_exit_ret& e, const Facts&, Judge&) { waits_.sees(e); }

  void on(const ev_read_begin_ret& e, const Facts& f, Judge& judge) {
    const auto wait = waits_.of(e, f, *mirror_);
    if (!wait) return judge.unknown();
    if (!wait->waited) return;
    if (wait->stretched <= kLong) return judge.held();
    std::vector<Evidence> evidence{{f.entry->at, "read_begin was entered"}};
    if (wait->own) evidence.push_back({wait->own, "the last invalidation that meets the sub ended"});
    evidence.push_back({wait->over, "the episode ended"});
    // that no other invalidation of the episode meets the sub rests on all of their starts, and on its range
    judge.broken(e.h, std::min({f.entry->at.time, wait->since, f.sub->range_said}), std::move(evidence),
                 fmt::format("read_begin waited {} ms for sequence {} to end, {} ms of them for invalidations of other ranges",
                             wait->waited / 1'000'000, e.ret, wait->stretched / 1'000'000),
                 f.sub->fn);
  }

 private:
  static constexpr uint64_t kLong = 10'000'000;  // ns

  EpisodeWaits waits_;
};

RULE(seq_21_episode_stretch, EpisodeStretch,
     {.id = "SEQ-21",
      .name = "episode_stretch",
      .level = Level::smell,
      .party = Party::driver,
      .says = "read_begin waits at most 10 ms longer than an invalidation that meets its sub is open",
      .because = "mm/mmu_notifier.c, mmu_interval_read_begin() waits until invalidate_seq goes on, and mn_itree_inv_end() lets it only when "
                 "active_invalidate_ranges is 0: every start that comes before that, of whatever range, makes the episode longer",
      .not_claimed = "that the driver can help it: whoever keeps invalidating other memory of the process does it; the time it takes until "
                     "the reader runs again",
      .look_at = "what else was invalidated meanwhile, and whether a narrower sub would have been hit at all (docs/wide-notifiers.md)",
      .also = {EV_read_begin, EV_inv_start, EV_inv_end, EV_sub_insert_ret}})

}  // namespace mirrorscope::rules
