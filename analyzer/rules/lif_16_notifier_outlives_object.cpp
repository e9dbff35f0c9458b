// SPDX-License-Identifier: Apache-2.0
// LIF-16: an mmu_notifier goes no later than the object that it was registered for.
#include <utility>

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NotifierOutlivesObject final : public SuspectingRule<NotifierOutlivesObject> {
 public:
  void on(const ev_mn_register_ret& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.sub, judge);
    pairs_.take_all([&](const Pair& p) { return p.list == e.sub; });
    if (e.ret || !e.sub || !f.has_entry) return;
    // two in a row: which of them is the next object's?
    const bool unclaimed = last_.sub && last_.tid == e.h.tid && last_.mm == mirror_->generation_of(e.h.mm);
    last_ = {};
    if (!unclaimed) last_ = {e.h.tid, mirror_->generation_of(e.h.mm), e.sub, EventRef::of(e.h)};
  }

  // Whose notifier it is: the object that the same task makes right behind the registration, and that could not keep its promise without one.
  void on(const ev_dev_ctx& e, const Facts& f, Judge& judge) {
    pairs_.take_all([&](const Pair& p) { return p.ctx == e.ctx; });
    if (!f.mm || last_.tid != e.h.tid || last_.mm != f.mm->generation || f.task_was_at != last_.at.time) return;
    const uint64_t sub = std::exchange(last_.sub, 0);
    const bool needs_one = e.discipline == MS_discipline_unmap || e.discipline == MS_discipline_fence || e.discipline == MS_discipline_quiesce;
    if (!sub || e.sub || !needs_one) return;
    pairs_.add({f.mm->generation, e.ctx, sub, last_.at, EventRef::of(e.h), {}});
    if (pairs_.forgot()) judge.unknown();
  }

  void on(const ev_dev_ctx_end& e, const Facts&, Judge& judge) {
    for (Pair& p : pairs_) {
      if (p.ctx != e.ctx || p.ended()) continue;
      const ListSub* list = mirror_->list(p.list);
      if (!list || list->unregistering || list->freed) {
        judge.held();
        p.list = 0;
        continue;
      }
      p.end = e.h;
    }
    pairs_.take_all([](const Pair& p) { return !p.list; });
  }

  void on(const ev_mn_unregister& e, const Facts&, Judge& judge) { gone(e.h, e.sub, judge); }
  void on(const ev_mn_put& e, const Facts&, Judge& judge) { gone(e.h, e.sub, judge); }

  void on(const ev_hl_start& e, const Facts&, Judge& judge) { called(e.h, e.sub, e.fn, judge); }
  void on(const ev_hl_end& e, const Facts&, Judge& judge) { called(e.h, e.sub, e.fn, judge); }
  void on(const ev_hl_release& e, const Facts&, Judge& judge) { called(e.h, e.sub, e.fn, judge); }

  void finish(uint64_t end, const Mirror& mirror, Judge& judge) override {
    SuspectingRule::finish(end, mirror, judge);
    for (const Pair& p : pairs_) {
      if (!p.ended() || end - p.ended().time <= kTooLong) continue;
      judge.never_came(p.end, since(p), end, evidence(p), text(p, "is still registered when the recording ends"));
    }
  }

 private:
  static constexpr uint64_t kTooLong = 10'000'000'000;  // ns

  struct Pair {
    uint64_t mm, ctx, list;  // mm: its generation
    EventRef registered, made;
    ev_header end;  // dev_ctx_end, all 0 before
    EventRef ended() const { return EventRef::of(end); }
  };

  void gone(const ev_header& h, uint64_t sub, Judge& judge) {
    suspects_.explain(h, sub, judge);
    pairs_.take_all([&](const Pair& p) {
      if (p.list != sub) return false;
      if (!p.ended()) judge.held();
      return true;
    });
  }
  void called(const ev_header& h, uint64_t sub, uint64_t fn, Judge& judge) {
    if (pairs_.empty()) return;
    suspects_.settle(h.time, judge);
    for (const Pair& p : pairs_)
      if (p.list == sub && p.ended() && p.mm == mirror_->generation_of(h.mm) && p.ended().time + Mirror::kClockSlack < h.time) {
        suspects_.add(h, sub, since(p), evidence(p), text(p, "is called all the same: its memory may be anything by now"), fn);
        pairs_.take_all([&](const Pair& other) { return other.list == sub; });
        return;
      }
  }
  // That no other notifier waited for its object rests on all that was said before.
  static Since since(const Pair& p) { return {p.registered.time, 0}; }
  static std::vector<Evidence> evidence(const Pair& p) {
    return {{p.registered, "the mmu_notifier was registered"}, {p.made, "the object was made"}, {p.ended(), "the object was gone"}};
  }
  static std::string text(const Pair& p, std::string_view how) {
    return fmt::format("object {} is gone and nobody has unregistered the mmu_notifier {} that was registered for it, which {}", hex(p.ctx),
                       hex(p.list), how);
  }

  struct Last {
    uint32_t tid = 0;
    uint64_t mm = 0, sub = 0;  // mm: its generation
    EventRef at;
  };
  Last last_;
  History<Pair, 256> pairs_;
};

RULE(lif_16_notifier_outlives_object, NotifierOutlivesObject,
     {.id = "LIF-16",
      .name = "notifier_outlives_object",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "the mmu_notifier that was registered for an object is unregistered or put before the object is gone",
      .because = "mm/mmu_notifier.c, mmu_notifier_register() \"must be always called to unregister\"; mn_hlist_invalidate_range_start() goes "
                 "through the list and calls what stands there, and the registration holds a reference of the mm (mmgrab())",
      .not_claimed = "whose notifier it is beyond this: the task that registered it, and no other before, made the object in its next step, which promises "
                     "what needs one; objects with an interval notifier, or that share one notifier; objects from before the recording",
      .look_at = "the release function of the driver's file, and its error paths: each needs an mmu_notifier_unregister() or _put()",
      .also = {EV_mn_register}, .any_event = true})

}  // namespace mirrorscope::rules
