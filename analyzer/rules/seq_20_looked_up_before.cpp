// SPDX-License-Identifier: Apache-2.0
// SEQ-20: all pages of a commit were looked up after the read_begin whose sequence is compared.
#include <vector>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class LookedUpBefore final : public RuleOf<LookedUpBefore> {
 public:
  void on(const ev_read_begin_ret& e, const Facts&, Judge&) {
    for (Lookup& l : lookups_)
      if (l.tid == e.h.tid && l.sub == e.sub) l.before = true;
  }

  void on(const ev_range_fault_ret& e, const Facts&, Judge&) {
    if (e.ret) return;
    std::erase_if(lookups_, [&](const Lookup& l) {
      return l.tid == e.h.tid && l.sub == e.sub && e.start <= l.start && l.end <= e.end;
    });
    if (lookups_.size() == kKept) lookups_.erase(lookups_.begin());
    lookups_.push_back({e.sub, e.start, e.end, e.h.tid, false, EventRef::of(e.h)});
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.sub || lookups_.empty() || e.source > MS_page_source_hmm_invalid) return;
    const Lookup* old = nullptr;
    bool ours = false;
    for (const Lookup& l : lookups_) {
      if (l.tid != e.h.tid || l.sub != e.sub || l.end <= e.start || e.end <= l.start) continue;
      ours = true;
      if (l.before && !again(l, e)) old = &l;
    }
    if (ours && old)
      judge.broken(e.h, old->at.time, {{old->at, "a part of the pages was looked up"}, {f.section.begun, "read_begin was called again"}},
                   fmt::format("{} is mapped, and {} of it was looked up before the last read_begin: an invalidation in between is "
                               "not compared",
                               range_text(e.start, e.end), range_text(old->start, old->end)),
                   f.sub ? f.sub->fn : 0);
    else if (ours)
      judge.held();
    std::erase_if(lookups_, [&](const Lookup& l) {
      return l.tid == e.h.tid && l.sub == e.sub && l.start < e.end && e.start < l.end;
    });
  }

 private:
  struct Lookup {
    uint64_t sub, start, end;
    uint32_t tid;
    bool before;  // the task has called read_begin on this sub since
    EventRef at;
  };
  // Was what is mapped of this old lookup looked up anew?
  bool again(const Lookup& old, const ev_dev_map& e) const {
    const uint64_t from = std::max<uint64_t>(old.start, e.start), to = std::min<uint64_t>(old.end, e.end);
    for (const Lookup& l : lookups_)
      if (!l.before && l.tid == old.tid && l.sub == old.sub && l.start <= from && to <= l.end) return true;
    return false;
  }
  static constexpr size_t kKept = 64;
  std::vector<Lookup> lookups_;  // not mapped yet, oldest first
};

RULE(seq_20_looked_up_before, LookedUpBefore,
     {.id = "SEQ-20",
      .name = "looked_up_before",
      .level = Level::hard,
      .party = Party::driver,
      .says = "what is mapped in one go was looked up after the last read_begin of the task on that sub",
      .because = "Documentation/mm/hmm.rst, \"again:\" stands before the first lookup; mm/mmu_notifier.c, mmu_interval_read_begin() \"the "
                 "caller must re-fault\"",
      .not_claimed = "pages of an earlier lookup that are mapped before the next read_begin (lib/test_hmm.c); pages that no lookup of this "
                     "task gave",
      .look_at = "a loop over chunks with read_begin inside and one check at its end; a retry that keeps what it has",
      .also = {}})

}  // namespace mirrorscope::rules
