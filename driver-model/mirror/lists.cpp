// SPDX-License-Identifier: Apache-2.0
// Which hlist notifiers are registered, how often they are held, and which ends they are owed (mn_hlist_*).
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

ListSub* Mirror::list_of(uint64_t ptr, Facts& f) const {
  f.list = lists_.find(ptr);
  return f.list;
}

// To be called before and after a change of one.
void Mirror::count_watcher(const ListSub& l, int by) {
  if (!l.start_fn || l.unregistered) return;
  Mm* mm = mms_.find(l.mm);
  if (mm && mm->generation == l.mm_generation) mm->watchers += static_cast<uint32_t>(by);
}

// Whether an op of it still runs, or it is freed twice, is noticed for as long as it is among the last that ended.
void Mirror::list_ends(ListSub& l) {
  constexpr size_t kEndedKept = 1024;
  ended_lists_.emplace_back(l.ptr, l.generation);
  if (ended_lists_.size() <= kEndedKept) return;
  const auto [ptr, generation] = ended_lists_.front();
  ended_lists_.pop_front();
  const ListSub* old = lists_.find(ptr);
  if (old && old->generation == generation) lists_.erase(ptr);
}

void Mirror::keep_list(Facts& f, const ListSub* list) const {
  f.has_list_was = list != nullptr;
  if (list) f.list_was = *list;
}

void Mirror::on(const ev_hl_start& e, Facts& f) {
  Call& c = *enter(e.h, f, e.sub);
  c.start = e.start;
  c.end = e.end;
  c.reason = e.reason;
  c.fn = e.fn;
  mm_of(e.h, f);
  list_of(e.sub, f);
  if (f.within) f.within->list_seen = true;
}

void Mirror::on(const ev_hl_start_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  mm_of(e.h, f);
  list_of(e.sub, f);
  if (!f.within) return;
  f.within->list_seen = true;
  if (e.ret != 0)
    f.within->refused = true;
  else if (e.end_fn)
    f.within->owed_ends.push(e.sub);
}

void Mirror::on(const ev_hl_end& e, Facts& f) {
  Call& c = *enter(e.h, f, e.sub);
  c.start = e.start;
  c.end = e.end;
  c.fn = e.fn;
  mm_of(e.h, f);
  list_of(e.sub, f);
  if (!f.within) return;
  f.within->list_seen = true;
  auto& owed = f.within->owed_ends;
  uint64_t* at = std::find(owed.begin(), owed.end(), e.sub);
  f.end_was_owed = at != owed.end();
  if (at != owed.end()) owed.erase(at);
}

void Mirror::on(const ev_hl_end_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  mm_of(e.h, f);
  list_of(e.sub, f);
}

void Mirror::on(const ev_hl_release& e, Facts& f) {
  enter(e.h, f, e.sub);
  mm_of(e.h, f);
  list_of(e.sub, f);
}

void Mirror::on(const ev_hl_release_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  list_of(e.sub, f);
}

void Mirror::on(const ev_mn_register& e, Facts& f) {
  enter(e.h, f, e.sub);
  mm_of(e.h, f);
  ListSub* list = list_of(e.sub, f);
  if (list && (list->unregistered || list->freed)) list->registering = EventRef::of(e.h);
}

void Mirror::on(const ev_mn_register_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  Mm* mm = mm_of(e.h, f);
  ListSub* known = list_of(e.sub, f);
  if (e.ret != 0) {
    if (known) known->registering = EventRef{};
    return;
  }
  keep_list(f, known);
  if (mm && (mm->over || !e.sub)) mm_begins(*mm);  // the first sub of its kind in this mm
  if (!e.sub) return;
  bool made = false;
  ListSub& list = lists_.get(e.sub, &made);
  if (made) made_one();
  count_watcher(list, -1);
  list = ListSub{};
  list.ptr = e.sub;
  list.generation = ++generations_;
  list.mm = e.h.mm;
  list.mm_generation = mm ? mm->generation : 0;
  list.start_fn = e.start_fn;
  list.end_fn = e.end_fn;
  list.free_fn = e.free_fn;
  list.registered = EventRef::of(e.h);
  list.users = e.users;
  list.watched = f.has_entry;
  count_watcher(list, 1);
  f.list = &list;
}

void Mirror::on(const ev_mn_seen& e, Facts& f) {
  bool made = false;
  ListSub& list = lists_.get(e.sub, &made);
  f.list = &list;
  if (!made) return;
  made_one();
  list.ptr = e.sub;
  list.generation = ++generations_;
  list.mm = e.h.mm;
  list.start_fn = e.start_fn;
  list.end_fn = e.end_fn;
  list.users = e.users;
  Mm* mm = mm_of(e.h, f);
  list.mm_generation = mm ? mm->generation : 0;
  count_watcher(list, 1);
}

void Mirror::on(const ev_mn_unregister& e, Facts& f) {
  enter(e.h, f, e.sub);
  mm_of(e.h, f);
  ListSub* list = list_of(e.sub, f);
  keep_list(f, list);
  if (list) list->unregistering = EventRef::of(e.h);
}

void Mirror::on(const ev_mn_unregister_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  ListSub* list = list_of(e.sub, f);
  if (!list) return;
  count_watcher(*list, -1);
  if (!list->unregistered) list_ends(*list);
  list->unregistered = EventRef::of(e.h);
}

void Mirror::on(const ev_mn_get_ret& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  if (e.ret == 0)
    if (ListSub* list = list_of(e.sub, f)) list->users = e.users;
}

void Mirror::on(const ev_mn_put& e, Facts& f) {
  task_of(e.h, f);
  mm_of(e.h, f);
  if (ListSub* list = list_of(e.sub, f)) {
    list->users = e.users ? e.users - 1 : 0;
    if (list->users == 0) list->unregistering = EventRef::of(e.h);
  }
}

void Mirror::on(const ev_mn_free& e, Facts& f) {
  task_of(e.h, f);
  ListSub* list = list_of(e.sub, f);
  keep_list(f, list);
  if (!list) return;
  if (!list->freed) list_ends(*list);
  list->freed = EventRef::of(e.h);
}

}  // namespace mirrorscope
