// SPDX-License-Identifier: Apache-2.0
// LIF-06: what a device maps is watched by a notifier.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UnwatchedMapping final : public RuleOf<UnwatchedMapping> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!f.mm || !f.ctx || e.end <= e.start || e.source == MS_page_source_buffer) return;  // its exporter tells: P2P-04
    const auto discipline = promise(*f.ctx, *mirror_);
    if (!discipline || *discipline == Discipline::pin || *discipline == Discipline::shared_table) return;
    if (e.sub) {
      if (!f.sub) return judge.unknown();
      if (!f.sub->removed && f.sub->mm == e.h.mm && f.sub->start <= e.start && e.end - 1 <= f.sub->last) return judge.held();
    }
    uint64_t watched_to = e.start;  // subs come sorted by their first byte
    const bool all = f.mm->subs.overlapping(e.start, e.end - 1, [&](const Sub& s) {
      if (s.start <= watched_to && s.last >= watched_to) watched_to = s.last + 1;
    });
    if (!all) return judge.unknown();
    if (watched_to >= e.end || watched_to == 0 || mirror_->watched_by_list(e.h.mm)) return judge.held();
    if (!e.sub && !f.ctx->stated) return judge.unknown();  // from before the recording, and so may be its notifier
    std::vector<Evidence> evidence;
    if (f.sub && f.sub->removed) evidence.push_back({f.sub->removed, "its sub was removed"});
    // the insert that is missing may be lost, whenever it was
    judge.broken(e.h, 0, evidence,
                 fmt::format("{} is mapped and no notifier watches it from {} on: nobody will be told when it dies",
                             range_text(e.start, e.end), hex(watched_to)));
  }
};

RULE(lif_06_unwatched_mapping, UnwatchedMapping,
     {.id = "LIF-06",
      .name = "unwatched_mapping",
      .level = Level::hard,
      .party = Party::driver,
      .says = "whatever a device maps without a pin lies in live interval notifiers, or its mm has an mmu_notifier with "
              "invalidate_range_start",
      .because = "include/linux/hmm.h, struct hmm_range: notifier \"a mmu_interval_notifier that includes the start/end\"; "
                 "mm/mmu_notifier.c, mn_itree_invalidate() calls what is in the tree",
      .not_claimed = "notifiers that were made before recording and are not found; that the notifier is the driver's own",
      .look_at = "ranges that grow after their notifier was inserted, and notifiers removed to be inserted again",
      .also = {EV_sub_insert_ret, EV_sub_remove_ret, EV_mn_register_ret, EV_mn_unregister_ret}})

}  // namespace mirrorscope::rules
