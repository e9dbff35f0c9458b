// SPDX-License-Identifier: Apache-2.0
// SVM-09: a CPU does not fault again and again until a timeslice is over.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class TimesliceSpin final : public RuleOf<TimesliceSpin> {
 public:
  void on(const ev_devmem& e, const Facts&, Judge& judge) {
    Spin* spin = spins_.find([&](const Spin& s) { return s.devmem == e.devmem; });
    if (e.verb == MS_devmem_verb_deferred) {
      if (!spin) spin = &spins_.add({e.devmem, 0, EventRef::of(e.h)});
      if (++spin->faults == kMany)  // once per timeslice
        judge.broken(e.h, spin->first.time, {{spin->first, "the first CPU fault that had to come again"}},
                     fmt::format("a CPU has faulted {} times in {} us on device memory {} whose timeslice is not over", kMany,
                                 (e.h.time - spin->first.time) / 1000, hex(e.devmem)));
      return;
    }
    if (e.verb == MS_devmem_verb_to_system && !spin && spins_.forgot())
      judge.unknown();
    else if (e.verb == MS_devmem_verb_to_system && (!spin || spin->faults < kMany))
      judge.held();
    const bool over = e.verb == MS_devmem_verb_to_system || e.verb == MS_devmem_verb_evicted || e.verb == MS_devmem_verb_created;
    if (over && spin) spins_.take(spin);
  }

 private:
  static constexpr uint32_t kMany = 16;
  struct Spin {
    uint64_t devmem;
    uint32_t faults;
    EventRef first;
  };
  History<Spin, 256> spins_;
};

RULE(svm_09_timeslice_spin, TimesliceSpin,
     {.id = "SVM-09",
      .name = "timeslice_spin",
      .level = Level::smell,
      .party = Party::driver,
      .says = "less than 16 CPU faults come before the timeslice of a piece of device memory is over",
      .because = "drivers/gpu/drm/drm_pagemap.c, __drm_pagemap_migrate_to_ram(): returns 0 until timeslice_expiration; mm/memory.c, do_swap_page() "
                 "returns that, and the CPU faults on the same entry again without sleeping",
      .not_claimed = "that one task faulted, and not several; timeslices that nobody faults in",
      .look_at = "how long the timeslice is (xe doubles it each time that a range is evicted while it is bound), and who touches the range meanwhile",
      .also = {}})

}  // namespace mirrorscope::rules
