// SPDX-License-Identifier: Apache-2.0
// Where each task is in the collision-retry section: read_begin, hmm_range_fault, again (mm/hmm.c, hmm.rst).
#include <algorithm>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

namespace {
Section& section_begins(Task& t, uint64_t sub) {
  Section* s = std::find_if(t.sections.begin(), t.sections.end(), [&](const Section& old) { return old.sub == sub; });
  if (s == t.sections.end()) {
    // a task works on few subs at a time; the oldest section is over
    s = t.sections.count < t.sections.items.size()
            ? t.sections.emplace()
            : std::min_element(t.sections.begin(), t.sections.end(),
                               [](const Section& a, const Section& b) { return a.begun.time < b.begun.time; });
  }
  *s = Section{};
  s->sub = sub;
  return *s;
}

void fault_left(Sub& sub, const Task& t) {
  for (Fault* in = sub.faults.begin(); in != sub.faults.end();) {
    if (in->task == t.key)
      sub.faults.erase(in);
    else
      ++in;
  }
}

}  // namespace

// `now`: the sub that has the address today; another one that had it before has sequences of its own.
Section* Mirror::section_of(Task& t, uint64_t ptr, const Sub* now) const {
  for (Section& s : t.sections) {
    if (s.sub != ptr) continue;
    return now && s.generation && s.generation != now->generation ? nullptr : &s;
  }
  return nullptr;
}

void Mirror::keep_section(Facts& f, const Section* s) {
  f.has_section = s != nullptr;
  if (s) f.section = *s;
}

void Mirror::on(const ev_read_begin& e, Facts& f) {
  Call& c = *enter(e.h, f, e.sub);
  mm_of(e.h, f);
  sub_of(e.sub, f);
  c.value = e.sub_seq;
  keep_section(f, section_of(*f.task, e.sub, f.sub));
}

void Mirror::on(const ev_read_begin_ret& e, Facts& f) {
  leave(e.h, f, e.sub);
  mm_of(e.h, f);
  Task& t = *f.task;
  Sub* sub = sub_of(e.sub, f);
  Section* s = section_of(t, e.sub, sub);
  keep_section(f, s);
  if (!s) s = &section_begins(t, e.sub);
  const bool again = s->fault_seen && s->fault_result == -16;  // -EBUSY
  if (!again) {
    s->collisions = 0;
    s->first_try = e.h.time;
  }
  s->seq_before = s->generation ? s->seq : 0;
  s->seq = e.ret;
  s->begun = EventRef::of(e.h);
  s->fault_seen = s->mapped = false;
  s->fault_result = 0;
  s->generation = 0;
  if (sub) {
    s->generation = sub->generation;
    sub->read_begun = true;
    sub->no_longer_unchecked(t.key);
    // it returns only outside the episode the insert was deferred to (mmu_interval_read_begin): the sub is in the tree
    if (!sub->in_tree_since) sub->in_tree_since = e.h.time;
  }
}

void Mirror::on(const ev_range_fault& e, Facts& f) {
  Call& c = *enter(e.h, f, e.hmm_range);
  Mm* mm = mm_of(e.h, f);
  c.start = e.start;
  c.end = e.end;
  c.value = e.notifier_seq;
  Sub* sub = sub_of(e.sub, f);
  keep_section(f, section_of(*f.task, e.sub, sub));
  if (!sub) return;
  if (e.owner && sub->owner && e.owner != sub->owner) sub->owners_differ = true;
  if (e.owner) sub->owner = e.owner;
  if (mm && sub->fn && std::find(mm->readers.begin(), mm->readers.end(), sub->fn) == mm->readers.end())
    mm->readers.push(sub->fn);
  fault_left(*sub, *f.task);  // the return may be missing
  sub->faults.push({f.task->key, e.pfns, EventRef::of(e.h)});
}

void Mirror::on(const ev_range_fault_ret& e, Facts& f) {
  leave(e.h, f, e.hmm_range);
  mm_of(e.h, f);
  Sub* sub = sub_of(e.sub, f);
  Section* s = section_of(*f.task, e.sub, sub);
  keep_section(f, s);
  if (s) {
    // a range may be looked up in pieces, all with one sequence
    const bool goes_on = s->fault_seen && s->fault_result == 0 && e.ret == 0 && e.start == s->fault_end;
    s->fault_seen = true;
    s->fault_result = e.ret;
    s->faulted = EventRef::of(e.h);
    s->asked_write = (e.default_flags & kHmmReqWrite) != 0;
    if (!goes_on) s->fault_start = e.start;
    s->fault_end = e.end;
    if (e.ret == -16) ++s->collisions;
  }
  if (!sub) return;
  sub->faulted = true;
  fault_left(*sub, *f.task);
  if (e.ret == 0) sub->unchecked.push(Unchecked{f.task->key, e.start, e.end, EventRef::of(e.h)});
}

}  // namespace mirrorscope
