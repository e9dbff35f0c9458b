// SPDX-License-Identifier: Apache-2.0
// LIF-08: an mmu_notifier is registered once, put as often as it was got, freed once, and quiet afterwards.
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/state/suspects.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class NotifierUnbalanced final : public SuspectingRule<NotifierUnbalanced> {
 public:
  void on(const ev_mn_register& e, const Facts&, Judge& judge) { suspects_.explain(e.h, e.sub, judge); }

  void on(const ev_mn_register_ret& e, const Facts& f, Judge& judge) {
    suspects_.explain(e.h, e.sub, judge);
    if (e.ret != 0 || !e.sub) return;
    const ListSub& was = f.list_was;
    if (!f.has_list_was || was.unregistering || was.unregistered || was.freed) return judge.held();
    if (!was.watched || !all_probed({EV_mn_unregister, EV_mn_put, EV_mn_free})) return judge.unknown();
    judge.broken(e.h, was.registered.time, {{was.registered, "the same struct was registered"}},
                 fmt::format("mmu_notifier {} is registered while it is on a list: the list is cut", hex(e.sub)));
  }

  void on(const ev_mn_unregister& e, const Facts& f, Judge& judge) {
    if (!f.has_list_was || !f.list_was.watched || f.list_was.registering) return judge.unknown();
    const ListSub& was = f.list_was;
    if (!was.unregistered) return judge.held();
    suspects_.add(
        e.h, e.sub, was.registered.time,
        {{was.registered, "it was registered"}, {was.unregistered, "it was unregistered"}},
        fmt::format("mmu_notifier {} is unregistered for the second time: the reference on the mm is dropped twice",
                    hex(e.sub)));
  }

  void on(const ev_mn_put& e, const Facts& f, Judge& judge) {
    if (e.users == 1 && f.list && f.list->free_fn) {
      owed_.take_all([&](const Owed& o) { return o.sub == e.sub; });
      owed_.add({e.h, e.sub, f.list->registered});
      if (owed_.forgot()) judge.unknown();
    }
    if (e.users) return judge.held();
    judge.broken(e.h, e.h.time, {},
                 fmt::format("mmu_notifier {} is put with no user left: put more often than got", hex(e.sub)));
  }

  void on(const ev_mn_free& e, const Facts& f, Judge& judge) {
    owed_.take_all([&](const Owed& o) { return o.sub == e.sub; });
    if (!f.has_list_was && !e.h.mm) return;  // without its mm the record comes to every shard
    if (e.users)
      return judge.broken(e.h, e.h.time, {},
                          fmt::format("mmu_notifier {} is freed with {} users", hex(e.sub), e.users));
    const ListSub& was = f.list_was;
    if (!was.freed || !f.has_list_was) return judge.held();
    if (!was.watched || was.registering) return judge.unknown();
    suspects_.add(e.h, e.sub, was.registered.time, {{was.registered, "it was registered"}, {was.freed, "it was freed"}},
                  fmt::format("mmu_notifier {} is freed for the second time", hex(e.sub)));
  }

  void on(const ev_hl_start& e, const Facts& f, Judge& judge) { quiet(e.h, e.fn, f, judge); }
  void on(const ev_hl_end& e, const Facts& f, Judge& judge) { quiet(e.h, e.fn, f, judge); }
  void on(const ev_hl_release& e, const Facts& f, Judge& judge) { quiet(e.h, e.fn, f, judge); }

  // The core owes a free for the last put, behind one grace period.
  void finish(uint64_t end, const Mirror& mirror, Judge& judge) override {
    SuspectingRule::finish(end, mirror, judge);
    for (const Owed& o : owed_) {
      if (end - o.h.time <= kGrace || !mirror_->probed(EV_mn_free)) continue;
      std::vector<Evidence> evidence;
      if (o.registered) evidence.push_back({o.registered, "it was registered"});
      judge.never_came(o.h, o.registered ? o.registered.time : o.h.time, end, std::move(evidence),
                       fmt::format("the last user of mmu_notifier {} put it and {} s later its free_notifier has not run: the object that it is part "
                                   "of, with its pins and its reference on the mm, stays",
                                   hex(o.sub), (end - o.h.time) / 1'000'000'000));
    }
  }

 private:
  static constexpr uint64_t kGrace = 30'000'000'000;  // ns: a grace period of SRCU takes milliseconds
  struct Owed {
    ev_header h;  // mn_put
    uint64_t sub;
    EventRef registered;
  };
  History<Owed, 256> owed_;

  bool all_probed(std::initializer_list<uint16_t> events) const {
    for (uint16_t id : events)
      if (!mirror_->probed(id)) return false;
    return true;
  }

  // An op of a notifier that is gone; ops of the next one on its address may come before its registration returned.
  void quiet(const ev_header& h, uint64_t fn, const Facts& f, Judge& judge) {
    if (!f.list) return;
    const ListSub& list = *f.list;
    const EventRef& gone = list.freed ? list.freed : list.unregistered;
    if (!gone) return;
    suspects_.settle(h.time, judge);
    if (!list.watched || list.registering || list.mm != h.mm || h.time <= gone.time + Mirror::kClockSlack)
      return judge.unknown();
    suspects_.add(h, list.ptr, list.registered.time,
                  {{list.registered, "it was registered"}, {gone, "it was gone from here on"}},
                  fmt::format("an op of mmu_notifier {} runs after it was {}", hex(list.ptr),
                              list.freed ? "freed" : "unregistered"),
                  fn);
  }
};

RULE(lif_08_notifier_unbalanced, NotifierUnbalanced,
     {.id = "LIF-08",
      .name = "notifier_unbalanced",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an mmu_notifier is registered and unregistered in turns, put as often as it was got, freed once and within 30 s of its last put, and "
              "none of its ops runs "
              "after it was unregistered or freed",
      .because = "mm/mmu_notifier.c, mmu_notifier_register() \"must be always called to unregister\", "
                 "mmu_notifier_unregister() \"or any other "
                 "method can't run anymore\", WARN_ON(!subscription->users) in mmu_notifier_put()",
      .not_claimed =
          "notifiers that are never put; those registered before recording; release more than once, which is allowed; whether a free that "
          "does not come is the core's fault, or that of a reader of its SRCU that never leaves",
      .look_at = "the driver's calls of mmu_notifier_get(), _put(), _register() and _unregister(), error paths first; where a free is missing, who sits in an op "
                 "(ORD-19) and what call_srcu() waits for",
      .also = {EV_mn_unregister_ret},
      .any_event = true})

}  // namespace mirrorscope::rules
