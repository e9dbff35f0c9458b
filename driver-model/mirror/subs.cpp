// SPDX-License-Identifier: Apache-2.0
// Which interval notifiers are live, since when each is in the tree, and what became of its address before.
#include "driver-model/mirror/mirror.h"

#include "schema/catalog.h"

namespace mirrorscope {

namespace {
constexpr size_t kRemovedKept = 1024;  // removed subs whose callbacks would still be noticed
}

Sub* Mirror::sub_of(uint64_t ptr, Facts& f) const {
  f.sub = subs_.find(ptr);
  return f.sub;
}

// A new generation on this address. If the old one was still live, its removal was not seen.
Sub& Mirror::sub_begins(const ev_header& h, uint64_t ptr, uint64_t start, uint64_t last, Facts& f) {
  Sub& sub = subs_.get(ptr);
  if (sub.ptr && !sub.removed) {
    f.has_previous = true;
    f.previous = sub;
    if (Mm* old = mms_.find(sub.mm)) old->subs.remove(sub.start, &sub);
  }
  const bool replaces = sub.ptr && !sub.removed;
  if (!sub.ptr) made_one();
  sub = Sub{};
  sub.replaced_live = replaces;
  sub.ptr = ptr;
  sub.generation = ++generations_;
  sub.mm = h.mm;
  sub.start = start;
  sub.last = last;
  sub.range_said = h.time;
  Mm* owner = mms_.find(h.mm);
  if (!owner) owner = &mm_appears(h.mm);
  owner->subs.add(start, last, &sub);
  f.sub = &sub;
  return sub;
}

void Mirror::sub_ends(Sub& sub, const EventRef& at) {
  sub.removed = at;
  if (Mm* mm = mms_.find(sub.mm)) {
    mm->subs.remove(sub.start, &sub);
    if (mm->exited && mm->subs.size() == 0) mm_over(*mm);
  }
  removed_subs_.emplace_back(sub.ptr, sub.generation);
  if (removed_subs_.size() > kRemovedKept) {
    const auto [ptr, generation] = removed_subs_.front();
    removed_subs_.pop_front();
    const Sub* old = subs_.find(ptr);
    if (old && old->generation == generation) subs_.erase(ptr);
  }
}

void Mirror::on(const ev_sub_insert& e, Facts& f) {
  Call& c = *enter(e.h, f, e.sub);
  c.start = e.start;
  c.value = e.length;
  if (Sub* sub = sub_of(e.sub, f); sub && sub->removed) sub->reinserting = EventRef::of(e.h);
  for (Call& outer : f.task->calls)
    if (outer.at.id == EV_dev_fault) ++outer.value;
}

void Mirror::on(const ev_sub_insert_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  Mm* mm = mm_of(e.h, f);
  if (e.ret != 0) {
    if (Sub* sub = sub_of(e.sub, f)) sub->reinserting = EventRef{};
    return;
  }
  Sub& sub = sub_begins(e.h, e.sub, e.start, e.last, f);
  if (mm && mm->over) mm_begins(*mm, &sub);
  if (mm) bound_active_now(*mm, e.h, f);
  sub.inserted = EventRef::of(e.h);
  sub.fn = e.invalidate;
  sub.finish_fn = e.finish;
  sub.insert_seq = e.sub_seq;
  // __mmu_interval_notifier_insert(): with no range active it goes into the tree with the sequence before the current even one
  if (e.seq % 2 == 0 && e.sub_seq + 1 == e.seq) sub.in_tree_since = e.h.time;
}

void Mirror::on(const ev_sub_seen& e, Facts& f) {
  const Sub* known = subs_.find(e.sub);
  if (known && !known->removed) return;
  Sub& sub = sub_begins(e.h, e.sub, e.start, e.last, f);
  sub.fn = e.invalidate;
  sub.finish_fn = e.finish;
  // its removal may be under way: whether it stays in the tree, a callback or a read section will tell
}

void Mirror::on(const ev_sub_remove& e, Facts& f) {
  enter(e.h, f, e.sub);
  Sub* sub = sub_of(e.sub, f);
  if (!sub) {
    // it was there before the recording; callbacks that come until the episode ends must not pass for those of one that stays
    if (!e.h.mm) return;
    sub = &sub_begins(e.h, e.sub, e.start, e.last, f);
    f.sub = nullptr;
  }
  if (!sub->removed) sub->removing = EventRef::of(e.h);
  f.mm = mms_.find(sub->mm);
}

void Mirror::on(const ev_sub_remove_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  Sub* sub = sub_of(e.sub, f);
  if (!sub || sub->removed) return;
  if (Mm* mm = mms_.find(sub->mm); mm && mm->mappings.size()) drop_sub_mappings(*mm, *sub, f);
  sub_ends(*sub, EventRef::of(e.h));
}

void Mirror::on(const ev_probe_state& e, Facts&) {
  probes_known_ = true;
  const bool works = is_in_place(e);
  if (works && e.event < EV_LIMIT) probed_.set(e.event);
  if (!e.fn || !works) return;
  CallbackFn& fn = callbacks_.get(e.fn);
  fn.fn = e.fn;
  std::copy(std::begin(e.function), std::end(e.function), fn.name.begin());
  fn.name.back() = 0;
  const bool entry = e.event == EV_cb_enter || e.event == EV_hl_start || e.event == EV_hl_end ||
                     e.event == EV_hl_release || e.event == EV_cb_finish;
  (entry ? fn.entry_since : fn.exit_since) = e.h.time;
}

bool Mirror::callback_entry_seen_since(uint64_t fn, uint64_t time) const {
  if (!probes_known_) return true;  // an explored execution or a case: every call is in it
  const CallbackFn* c = callbacks_.find(fn);
  return c && c->entry_since && c->entry_since <= time;
}

}  // namespace mirrorscope
