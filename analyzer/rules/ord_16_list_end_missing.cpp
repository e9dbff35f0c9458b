// SPDX-License-Identifier: Apache-2.0
// ORD-16: an mmu_notifier whose start op ran gets its end op once, unless it left in between.
#include "analyzer/losses/heard.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class ListEndMissing final : public RuleOf<ListEndMissing> {
 public:
  void on(const ev_hl_end& e, const Facts& f, Judge& judge) {
    heard_.note(e.fn);
    if (f.end_was_owed) judge.held();
  }
  void on(const ev_inv_end_ret& e, const Facts& f, Judge& judge) { check(e.h, f, judge); }
  void on(const ev_inv_start_ret& e, const Facts& f, Judge& judge) {
    if (e.ret != 0) check(e.h, f, judge);  // the ends of those that started run before it returns
  }

 private:
  void check(const ev_header& h, const Facts& f, Judge& judge) {
    if (!f.has_entry) return;
    for (uint64_t sub : f.entry->owed_ends) {
      const ListSub* list = mirror_->list(sub);
      // KVM leaves with the start counted and the end never called (kvm_main.c, kvm_destroy_vm())
      if (!list || !list->end_fn || list->unregistering || list->unregistered || f.mm->releasing ||
          !mirror_->callback_entry_seen_since(list->end_fn, f.entry->at.time))
        continue;
      if (!heard_.tells(*mirror_, list->end_fn)) {
        judge.unknown();
        continue;
      }
      const uint64_t since = f.entry->owed_since ? f.entry->owed_since : f.entry->at.time;
      judge.broken(h, since, {{f.entry->at, "the end was entered"}},
                   fmt::format("mmu_notifier {} saw the start and never the end", hex(sub)), list->end_fn);
    }
  }
  Heard heard_;
};

RULE(ord_16_list_end_missing, ListEndMissing,
     {.id = "ORD-16",
      .name = "list_end_missing",
      .level = Level::hard,
      .party = Party::core,
      .says = "an mmu_notifier whose invalidate_range_start returned 0 gets its invalidate_range_end for the same range exactly once",
      .because = "mm/mmu_notifier.c, mn_hlist_invalidate_end()",
      .not_claimed = "ops that were never seen running; notifiers that unregistered, or whose mm was released, in between",
      .look_at = "virt/kvm/kvm_main.c, mn_active_invalidate_count, for what goes wrong when it is missing",
      .also = {EV_inv_start, EV_inv_end, EV_hl_start_ret, EV_hl_end_ret, EV_mn_unregister, EV_mn_put, EV_mm_release,
               EV_mn_register_ret, EV_mn_seen}})

}  // namespace mirrorscope::rules
