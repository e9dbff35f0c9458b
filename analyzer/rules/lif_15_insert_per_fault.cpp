// SPDX-License-Identifier: Apache-2.0
// LIF-15: a device's fault is answered with the notifiers that are there.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class InsertPerFault final : public RuleOf<InsertPerFault> {
 public:
  void on(const ev_dev_fault_ret& e, const Facts& f, Judge& judge) {
    if (!f.has_entry) return judge.unknown();
    if (const Ctx* ctx = mirror_->ctx(e.ctx); ctx && ctx->wide) return;  // drm_gpusvm_range_find_or_insert(): the notifier stays for all ranges near by
    if (f.entry->value == 0) return judge.held();
    judge.broken(e.h, f.entry->at.time, {{f.entry->at, "the device asked"}},
                 fmt::format("{} interval notifiers were inserted to answer one fault of {}", f.entry->value,
                             range_text(e.start, e.end)));
  }
};

RULE(lif_15_insert_per_fault, InsertPerFault,
     {.id = "LIF-15",
      .name = "insert_per_fault",
      .level = Level::smell,
      .party = Party::driver,
      .says = "no interval notifier is inserted while a device's fault is answered",
      .because = "mm/mmu_notifier.c, __mmu_notifier_register() takes every lock of the mm for the first insert "
                 "(mm_take_all_locks()), and each "
                 "remove may wait for a whole episode; nouveau_svm.c, nouveau_range_fault() does so",
      .not_claimed = "that it is wrong: a notifier that stays for the faults to come is inserted once; objects whose notifiers are wider than "
                     "their ranges, and stay",
      .look_at = "whether the notifier could live as long as the object it mirrors",
      .also = {EV_dev_fault, EV_sub_insert}})

}  // namespace mirrorscope::rules
