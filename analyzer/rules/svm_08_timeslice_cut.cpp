// SPDX-License-Identifier: Apache-2.0
// SVM-08: device memory is not migrated back for a CPU fault before its timeslice is over.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class TimesliceCut final : public RuleOf<TimesliceCut> {
 public:
  void on(const ev_devmem& e, const Facts&, Judge& judge) {
    if (e.verb == MS_devmem_verb_created) {
      armed_.take_all([&](const Armed& a) { return a.devmem == e.devmem; });
      if (e.expires) armed_.add({e.devmem, e.expires, EventRef::of(e.h)});
      return;
    }
    if (e.verb != MS_devmem_verb_to_system) return;
    for (const Armed& a : armed_) {
      if (a.devmem != e.devmem) continue;
      if (e.h.time + kJiffy >= a.expires) return judge.held();
      return judge.broken(e.h, a.at.time, {{a.at, "it was migrated to the device, with a timeslice"}},
                          fmt::format("device memory {} goes back {} us before its timeslice is over", hex(e.devmem),
                                      (a.expires - e.h.time) / 1000));
    }
  }

 private:
  static constexpr uint64_t kJiffy = 10'000'000;  // ns: timeslice_expiration counts jiffies, HZ is 100 at least
  struct Armed {
    uint64_t devmem, expires;
    EventRef at;
  };
  History<Armed, 256> armed_;
};

RULE(svm_08_timeslice_cut, TimesliceCut,
     {.id = "SVM-08",
      .name = "timeslice_cut",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "a CPU fault migrates device memory back only when its timeslice is over",
      .because = "drivers/gpu/drm/drm_pagemap.c, __drm_pagemap_migrate_to_ram(): time_before64(get_jiffies_64(), "
                 "zdd->devmem_allocation->timeslice_expiration)",
      .not_claimed = "evictions, which need not wait; the last 10 ms, since jiffies are coarse",
      .look_at = "where the expiration is set and compared",
      .also = {}})

}  // namespace mirrorscope::rules
