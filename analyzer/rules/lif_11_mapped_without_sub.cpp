// SPDX-License-Identifier: Apache-2.0
// LIF-11: nothing is mapped on a notifier whose insert failed.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class MappedWithoutSub final : public RuleOf<MappedWithoutSub> {
 public:
  void on(const ev_sub_insert_ret& e, const Facts&, Judge&) {
    failed_.take_all([&](const Failed& x) { return x.sub == e.sub; });
    if (!e.ret) return;
    failed_.add({e.sub, mirror_->generation_of(e.h.mm), e.ret, EventRef::of(e.h)});
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.sub || failed_.empty()) return;
    for (const Failed& x : failed_) {
      if (x.sub != e.sub || !f.mm || x.mm != f.mm->generation || x.at.time + Mirror::kClockSlack >= e.h.time) continue;
      if (f.sub && !f.sub->removed) continue;
      return judge.broken(e.h, x.at.time, {{x.at, "the insert failed"}},
                          fmt::format("{} is mapped on sub {}, whose insert returned {}: nobody will be told when it dies",
                                      range_text(e.start, e.end), hex(e.sub), x.ret));
    }
    // one that is not known to be inserted may be one that failed before
    failed_.forgot() && !f.sub ? judge.unknown() : judge.held();
  }

 private:
  struct Failed {
    uint64_t sub, mm;  // mm: its generation
    int32_t ret;
    EventRef at;
  };
  History<Failed, 16> failed_;  // since then not inserted again
};

RULE(lif_11_mapped_without_sub, MappedWithoutSub,
     {.id = "LIF-11",
      .name = "mapped_without_sub",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when mmu_interval_notifier_insert() fails, nothing is mapped on that notifier",
      .because = "mm/mmu_notifier.c, mmu_interval_notifier_insert(): -EINTR, -ENOMEM, -EOVERFLOW leave nothing in the tree",
      .not_claimed = "more than the last 16 that failed; mappings that do not name a sub",
      .look_at = "whether the result of the insert is looked at (drivers/gpu/drm/amd/amdkfd/kfd_svm.c, svm_range_add_notifier_locked())",
      .also = {}})

}  // namespace mirrorscope::rules
