// SPDX-License-Identifier: Apache-2.0
// ORD-29: queues that were stopped for an invalidation run again when it is over and everything stands.
#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {

class LeftStopped final : public RuleOf<LeftStopped> {
 public:
  void on(const ev_quiesce& e, const Facts& f, Judge& judge) {
    if (!f.ctx || find(e.ctx)) return;  // it stands still already
    stopped_.add({e.h, mirror_->generation_of(f.ctx->mm), e.ctx, e.h.time, EventRef{}});
    if (stopped_.forgot()) judge.unknown();
  }

  void on(const ev_dev_map& e, const Facts&, Judge&) {
    if (Stopped* s = find(e.ctx)) s->since = e.h.time, s->made = EventRef::of(e.h);
  }

  // An invalidation of the mm that is just over may be what it stood still for.
  void on(const ev_inv_end& e, const Facts& f, Judge&) {
    if (stopped_.empty() || !f.mm) return;
    for (Stopped& s : stopped_)
      if (s.mm == f.mm->generation && s.since < e.h.time && !s.made) s.since = e.h.time;
  }

  void on(const ev_resume& e, const Facts&, Judge& judge) {
    Stopped* s = find(e.ctx);
    if (!s) return;
    if (s->made && e.h.time - s->since > kTooLong)
      judge.broken(e.h, s->h.time, evidence(*s), text(*s, e.h.time, "was let run again"));
    else
      judge.held();
    drop(e.ctx);
  }

  // The mirror has let go of the objects of the mm that ended.
  void on(const ev_mm_exit_ret&, const Facts&, Judge&) {
    stopped_.take_all([&](const Stopped& s) { return !mirror_->ctx(s.ctx); });
  }

  void finish(uint64_t end, const Mirror&, Judge& judge) override {
    for (const Stopped& s : stopped_) {
      const Ctx* ctx = mirror_->ctx(s.ctx);  // none: the object is gone
      if (!ctx || !ctx->quiesced || ctx->invalidated || !s.made || end - s.since <= kTooLong) continue;
      judge.never_came(s.h, s.h.time, end, evidence(s), text(s, end, "was not let run again before the recording ended"));
    }
  }

 private:
  static constexpr uint64_t kTooLong = 10'000'000'000;  // ns

  struct Stopped {
    ev_header h;      // quiesce
    uint64_t mm;      // its generation
    uint64_t ctx, since;
    EventRef made;    // dev_map since: what was invalid stands again
  };
  Stopped* find(uint64_t ctx) {
    return stopped_.find([&](const Stopped& s) { return s.ctx == ctx; });
  }
  void drop(uint64_t ctx) {
    stopped_.take_all([&](const Stopped& s) { return s.ctx == ctx; });
  }
  static std::vector<Evidence> evidence(const Stopped& s) {
    return {{EventRef::of(s.h), "its queues were stopped"}, {s.made, "what was invalid was made anew"}};
  }
  static std::string text(const Stopped& s, uint64_t until, std::string_view how) {
    return fmt::format("object {} {}: its queues stand still for {} s though nothing of it is invalid any more", hex(s.ctx), how,
                       (until - s.since) / 1'000'000'000);
  }

  History<Stopped, 256> stopped_;
};

RULE(ord_29_left_stopped, LeftStopped,
     {.id = "ORD-29",
      .name = "left_stopped",
      .level = Level::hazard,
      .party = Party::driver,
      .says = "queues that were stopped for an invalidation run again within 10 s of the moment at which their translations were made anew",
      .because = "drivers/gpu/drm/amd/amdkfd/kfd_svm.c, svm_range_evict() counts stops and svm_range_restore_work() resumes once: one stop too many, "
                 "and the process waits for ever",
      .not_claimed = "why it stands still: the device may be reset, suspended or given to somebody else; queues whose translations were not made "
                     "anew: whoever has no memory for them cannot let them run",
      .look_at = "the worker that restores: whether it runs, what it waits for, and whether stops and resumes are counted in pairs",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
