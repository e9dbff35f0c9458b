// SPDX-License-Identifier: Apache-2.0
// Which interval callbacks run inside which start or release, in both passes (mn_itree_invalidate, mn_itree_release).
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

void Mirror::on(const ev_cb_enter& e, Facts& f) {
  Task& t = task_of(e.h, f);
  find_within(f, e.h.mm);
  const bool inside = f.within && (f.within->at.id == EV_mm_release ||
                                   (f.within->at.id == EV_inv_start && f.within->key == e.range));
  Mm& mm = *mm_of(e.h, f);
  if (!inside) {
    // it can only run inside a start or a release: one whose entry was not seen, or a breach; its return will tell
    Call c;
    c.at = EventRef::of(e.h);
    c.at.id = e.reason == MS_reason_release ? EV_mm_release : EV_inv_start;
    c.key = e.reason == MS_reason_release ? e.h.mm : e.range;
    c.mm = e.h.mm;
    c.start = e.start;
    c.end = e.end;
    c.reason = e.reason;
    c.flags = e.flags;
    c.assumed = true;
    c.frame = ++frames_;
    c.starts_before = mm.starts;
    c.ends_before = mm.ends;
    if (!t.calls.push(c)) t.calls.clear();
    find_within(f, e.h.mm);
    start_entered(mm, e.h);
    if (!t.seen_idle) mm.complete = false;
  }
  Sub* sub = sub_of(e.sub, f);
  // of another mm: the address has been given to another sub, whoever judges that mm alone sees it for the first time
  if (!sub || sub->mm != e.h.mm || (!sub->removed && (sub->start != e.sub_start || sub->last != e.sub_last ||
                                                          (sub->fn && sub->fn != e.fn)))) {
    sub = &sub_begins(e.h, e.sub, e.sub_start, e.sub_last, f);
    f.has_previous = false;
    sub->fn = e.fn;
  }
  // called for the last time perhaps, if its removal has begun where no record is: it ends with the episode (mn_itree_inv_end())
  if (!sub->in_tree_since && (sub->inserted || mm.complete)) sub->in_tree_since = e.h.time;
  Call& c = *call_begins(e.h, f, e.sub);
  c.start = e.start;
  c.end = e.end;
  c.reason = e.reason;
  c.flags = e.flags;
  c.value = e.sub_seq;
  c.fn = e.fn;
  if (f.within) {
    f.called_twice = f.within->called(e.sub);
    if (!f.called_twice) f.within->subs_called.push(e.sub);
    if (!f.within->frozen_seq) f.within->frozen_seq = e.cur_seq;
  }
  sub->last_callback = EventRef::of(e.h);
  if (!sub->removed) sub->range_said = e.h.time;
  f.task->callback_locks.clear();
}

void Mirror::on(const ev_cb_ret& e, Facts& f) {
  const bool known = leave(e.h, f, e.sub);
  mm_of(e.h, f);
  sub_of(e.sub, f);
  if (f.mm && !f.mm->ctxs.empty()) callback_met(e, f);
  if (f.sub && e.ret && e.sub_seq == e.cur_seq && !e.owner && e.reason != MS_reason_release) {
    f.sub->seq_locks = known ? f.task->callback_locks : Few<HeldLock, 4>{};
    if (!known) f.sub->seq_locks.overflowed = true;  // which were taken since its entry is not known
    f.sub->seq_stored = EventRef::of(e.h);
    f.sub->stored_seq = e.cur_seq;
  }
  if (!f.within) return;
  if (!known && !f.within->called(e.sub)) f.within->subs_called.push(e.sub);
  if (!e.ret) f.within->refused = true;
  if (!e.ret || !e.finish) return;
  // a finish op that is found late runs unseen until its probe is attached: this list does not tell
  if (f.sub && callback_entry_seen_since(f.sub->finish_fn, f.within->at.time))
    f.within->promised.push(e.finish);
  else
    f.within->promised.overflowed = true;
}

void Mirror::on(const ev_cb_finish& e, Facts& f) {
  enter(e.h, f, e.finish)->fn = e.fn;
  mm_of(e.h, f);
  sub_of(e.sub, f);
  if (!f.within) return;
  f.within->finish_seen = true;
  auto& promised = f.within->promised;
  uint64_t* at = std::find(promised.begin(), promised.end(), e.finish);
  f.finish_was_promised = at != promised.end() || promised.overflowed || !f.sub ||
                          !callback_return_seen_since(f.sub->fn, f.within->at.time);
  if (at != promised.end()) promised.erase(at);
}

void Mirror::on(const ev_cb_finish_ret& e, Facts& f) {
  leave(e.h, f, e.finish);
  mm_of(e.h, f);
}

bool Mirror::callback_return_seen_since(uint64_t fn, uint64_t time) const {
  if (!probes_known_) return true;
  const CallbackFn* c = callbacks_.find(fn);
  return c && c->exit_since && c->exit_since <= time;
}

}  // namespace mirrorscope
