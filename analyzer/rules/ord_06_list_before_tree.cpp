// SPDX-License-Identifier: Apache-2.0
// ORD-06: inside one start, interval callbacks come before hlist ops; inside one end, the tree is released first.
#include <algorithm>

#include "analyzer/rule.h"

namespace mirrorscope::rules {

class ListBeforeTree final : public RuleOf<ListBeforeTree> {
 public:
  void on(const ev_cb_enter& e, const Facts& f, Judge& judge) { first_the_tree(e.h, f, judge); }
  void on(const ev_cb_finish& e, const Facts& f, Judge& judge) { first_the_tree(e.h, f, judge); }

  void on(const ev_hl_end& e, const Facts& f, Judge& judge) {
    // after a failed start the ends run inside the start, with the tree released or not
    if (!f.within || f.within->assumed || f.within->at.id != EV_inv_end) return;
    if (f.within->itree_end_seen) return judge.held();
    if (!f.within->has_itree) return;
    // that there is a tree was said at the start
    judge.broken(e.h, std::min(f.within->at.time, f.within->owed_since), {{f.within->at, "the end"}},
                 "an hlist end op runs before mn_itree_inv_end() of the same end", e.fn);
  }

 private:
  static void first_the_tree(const ev_header& h, const Facts& f, Judge& judge) {
    if (!f.within || f.within->assumed) return;
    if (!f.within->list_seen) return judge.held();
    judge.broken(h, f.within->at.time, {{f.within->at, "the start"}}, "an interval callback runs after an hlist op of the same start");
  }
};

RULE(ord_06_list_before_tree, ListBeforeTree,
     {.id = "ORD-06",
      .name = "list_before_tree",
      .level = Level::hard,
      .party = Party::core,
      .says = "inside one start the interval callbacks come before the hlist ops, and inside one end mn_itree_inv_end() does",
      .because = "mm/mmu_notifier.c, __mmu_notifier_invalidate_range_start() and _end(); nouveau_svm.c, "
                 "nouveau_svm_range_invalidate() relies on it",
      .not_claimed = "anything about an mm that has only one kind of notifier",
      .look_at = "mm/mmu_notifier.c itself",
      .also = {EV_inv_start, EV_inv_end, EV_itree_end, EV_itree_end_ret, EV_hl_start},
      .any_event = true})

}  // namespace mirrorscope::rules
