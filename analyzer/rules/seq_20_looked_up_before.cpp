// SPDX-License-Identifier: Apache-2.0
// SEQ-20: all pages of a commit were looked up after the read_begin whose sequence is compared.
#include <array>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class LookedUpBefore final : public RuleOf<LookedUpBefore> {
 public:
  void on(const ev_read_begin_ret& e, const Facts&, Judge&) {
    for (Lookup& l : lookups_of(e.h.tid, e.sub))
      if (l.by(e.h.tid, e.sub)) l.before = true;
  }

  void on(const ev_range_fault_ret& e, const Facts&, Judge&) {
    if (e.ret) return;
    Lookups& lookups = lookups_of(e.h.tid, e.sub);
    // in the place of one that it repeats, else of the oldest
    Lookup* place = nullptr;
    for (Lookup& l : lookups) {
      if (l.by(e.h.tid, e.sub) && e.start <= l.start && l.end <= e.end) l = {};
      if (!place || l.at.time < place->at.time) place = &l;
    }
    *place = {e.sub, e.start, e.end, e.h.tid, false, EventRef::of(e.h)};
  }

  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.sub || e.source > MS_page_source_hmm_invalid) return;
    Lookups& lookups = lookups_of(e.h.tid, e.sub);
    const Lookup* old = nullptr;
    bool ours = false;
    for (const Lookup& l : lookups) {
      if (!l.by(e.h.tid, e.sub) || l.end <= e.start || e.end <= l.start) continue;
      ours = true;
      if (l.before && !again(lookups, l, e) && (!old || old->at.time < l.at.time)) old = &l;
    }
    if (ours && old)
      judge.broken(e.h, old->at.time, {{old->at, "a part of the pages was looked up"}, {f.section.begun, "read_begin was called again"}},
                   fmt::format("{} is mapped, and {} of it was looked up before the last read_begin: an invalidation in between is "
                               "not compared",
                               range_text(e.start, e.end), range_text(old->start, old->end)),
                   f.sub ? f.sub->fn : 0);
    else if (ours)
      judge.held();
    for (Lookup& l : lookups)
      if (l.by(e.h.tid, e.sub) && l.start < e.end && e.start < l.end) l.mapped(e.start, e.end);
  }

 private:
  struct Lookup {
    uint64_t sub = 0;  // 0: no lookup
    uint64_t start = 0, end = 0;
    uint32_t tid = 0;
    bool before = false;  // the task has called read_begin on this sub since
    EventRef at;
    bool by(uint32_t task, uint64_t on) const { return tid == task && sub == on; }
    // Drivers map page by page, and upwards: what is left is behind what was mapped, else before it.
    void mapped(uint64_t from, uint64_t to) {
      if (to < end)
        start = to;
      else if (start < from)
        end = from;
      else
        *this = {};
    }
  };
  // Not mapped yet. Where no hook says what is mapped they stay until newer ones take their places.
  using Lookups = std::array<Lookup, 8>;

  Lookups& lookups_of(uint32_t tid, uint64_t sub) { return lookups_[KeyHash{}(sub ^ tid) % lookups_.size()]; }
  // Was what is mapped of this old lookup looked up anew?
  static bool again(const Lookups& lookups, const Lookup& old, const ev_dev_map& e) {
    const uint64_t from = std::max<uint64_t>(old.start, e.start), to = std::min<uint64_t>(old.end, e.end);
    for (const Lookup& l : lookups)
      if (!l.before && l.by(old.tid, old.sub) && l.start <= from && to <= l.end) return true;
    return false;
  }

  std::array<Lookups, 64> lookups_;  // by task and sub
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
