// SPDX-License-Identifier: Apache-2.0
// How an invalidation begins and ends: both counters, callbacks of the tree, finish passes, then the list (mm/mmu_notifier.c).
#include "driver-model/machine/counters.h"
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
// Where __mmu_notifier_invalidate_range_start() or __mmu_notifier_release() is, in Frame::phase. Frame::mask says who is still to be
// called, Frame::aux whose finish pass is promised.
enum Phase : u8 { begin, tree, finishing, list, list_undo };
constexpr u8 kRefused = 0x80;

bool meets(u8 lo, u8 hi, u8 lo2, u8 hi2) { return lo < hi2 && lo2 < hi; }
u8 lowest(u8 mask) { return static_cast<u8>(__builtin_ctz(mask)); }

template <typename Ev>
void describe(Run& r, Ev& e) {
  const Range& g = innermost(r.th);
  e.range = range_ptr(r.t, r.th.ranges - 1u);
  e.start = addr(g.lo);
  e.end = addr(g.hi);
  e.reason = g.reason;
  e.flags = g.flags & Range::kBlockable;
}
u8 owner_of(const Range& g) { return g.flags & Range::kOwner1 ? 1 : g.flags & Range::kOwner2 ? 2 : 0; }

// mn_itree_inv_start_range()
u8 enter_tree(Run& r, Range& g) {
  State& s = r.s;
  u8 mask = 0;
  for (u8 i = 0; i < r.model.subs.size(); ++i)
    if (s.sub[i].where & Sub::kInTree && meets(g.lo, g.hi, s.sub[i].lo, s.sub[i].hi)) mask |= static_cast<u8>(1 << i);
  counted_start(s.seq, s.active, mask != 0);
  g.seq = s.seq;
  return mask;
}

// One callback or finish pass of a sub.
void call_sub(Run& r, u8 i, u8 program, CallbackFor what) {
  const Range& g = innermost(r.th);
  const Sub& sub = r.s.sub[i];
  if (what == for_invalidate) {
    RECORD(cb_enter, {
      describe(r, e);
      e.sub = sub_ptr(i);
      e.fn = fn_ptr(program);
      e.sub_start = addr(sub.lo);
      e.sub_last = addr(sub.hi) - 1;
      e.cur_seq = g.seq;
      e.sub_seq = sub.m;
      e.seq = r.s.seq;
      e.active = r.s.active;
      e.owner = owner_ptr(owner_of(g));
    });
  } else {
    RECORD(cb_finish, {
      e.finish = finish_ptr(i);
      e.sub = sub_ptr(i);
      e.fn = fn_ptr(program);
    });
  }
  const u8 lo = g.lo > sub.lo ? g.lo : sub.lo, hi = g.hi < sub.hi ? g.hi : sub.hi;
  Frame& f = push(r.th, program, lo, hi);
  f.mask = i;
  f.aux = what;
}

void call_list(Run& r, u8 i, u8 program, CallbackFor what) {
  const Range& g = innermost(r.th);
  if (what == for_list_start)
    RECORD(hl_start, {
      describe(r, e);
      e.sub = list_ptr(i);
      e.fn = fn_ptr(program);
      e.end_fn = r.model.lists[i].end == kNoProgram ? 0 : fn_ptr(r.model.lists[i].end);
    });
  if (what == for_list_end)
    RECORD(hl_end, {
      e.sub = list_ptr(i);
      e.range = range_ptr(r.t, r.th.ranges - 1u);
      e.fn = fn_ptr(program);
      e.start = addr(g.lo);
      e.end = addr(g.hi);
    });
  if (what == for_list_release)
    RECORD(hl_release, {
      e.sub = list_ptr(i);
      e.fn = fn_ptr(program);
    });
  Frame& f = push(r.th, program, g.lo, g.hi);
  f.mask = i;
  f.aux = what;
}

u8 listed_with(const Run& r, u8 CompiledList::* op) {
  u8 mask = 0;
  for (u8 i = 0; i < r.model.lists.size(); ++i)
    if (r.s.listed >> i & 1 && r.model.lists[i].*op != kNoProgram) mask |= static_cast<u8>(1 << i);
  return mask;
}

Next start_returns(Run& r, u8 error) {
  r.th.ret = error;
  RECORD(inv_start_ret, {
    describe(r, e);
    e.owner = owner_ptr(owner_of(innermost(r.th)));
    e.seq = r.s.seq;
    e.active = r.s.active;
    e.has_itree = r.s.flags & State::kHasItree ? 1 : 0;
    e.ret = -static_cast<int>(error);
  });
  if (error) innermost(r.th) = Range{}, --r.th.ranges;
  r.f.mask = r.f.aux = 0;
  return Next::advance;
}

// Callbacks of the tree and their finish passes; then what comes after.
Next walk_tree(Run& r) {
  if (r.f.phase == tree) {
    if (r.f.mask && !(r.f.aux & kRefused)) {
      const u8 i = lowest(r.f.mask);
      r.f.mask &= static_cast<u8>(r.f.mask - 1);
      call_sub(r, i, r.model.subs[i].invalidate, for_invalidate);
      return Next::moved;
    }
    r.f.mask = 0;
    r.f.phase = finishing;
  }
  if (const u8 promised = r.f.aux & 0x7f) {  // mn_itree_finish_pass(), also behind a refusal
    r.f.aux &= static_cast<u8>(kRefused | (promised & (promised - 1)));
    const u8 i = lowest(promised);
    call_sub(r, i, r.model.subs[i].finish, for_finish);
    return Next::moved;
  }
  return Next::advance;
}
}  // namespace

// mn_itree_inv_end(): the only place where both counters change downward.
void itree_end(Run& r) {
  State& s = r.s;
  RECORD(itree_end, {
    e.h.mm = 0;
    e.subs = subscriptions_ptr;
    e.seq = s.seq;
    e.active = s.active;
  });
  if (counted_end(s.seq, s.active)) {
    for (u8 i = 0; i < r.model.subs.size(); ++i) {
      Sub& sub = s.sub[i];
      if (sub.where & Sub::kDeferredInsert) sub.where = Sub::kInTree;
      else if (sub.where & Sub::kDeferredRemove) sub = Sub{};
    }
  }
  RECORD(itree_end_ret, {
    e.h.mm = 0;
    e.subs = subscriptions_ptr;
    e.seq = s.seq;
    e.active = s.active;
  });
}

namespace {
// Has another task the finish of this sub in the list that it collects while it calls callbacks?
bool handed_out(const Run& r, u8 sub) {
  for (unsigned t = 0; t < r.model.thread_count(); ++t) {
    const Thread& other = r.s.thread[t];
    if (t == r.t) continue;
    for (u8 d = 0; d < other.depth; ++d) {
      const Op op = r.model.programs[other.frame[d].program].code[other.frame[d].pc].op;
      if ((op == Op::inv_start || op == Op::release_all) && other.frame[d].phase && other.frame[d].aux >> sub & 1) return true;
    }
  }
  return false;
}
}  // namespace

// A callback's frame is gone; r.f was it, the caller's frame is below.
void callback_returned(Run& r, const Frame& cb, bool done) {
  Frame& f = r.th.frame[r.th.depth - 1];
  const u8 i = cb.mask;
  const Range& g = innermost(r.th);
  switch (cb.aux & 0xf) {
    case for_invalidate: {
      const bool two_pass = r.model.subs[i].finish != kNoProgram;
      const bool later = two_pass && done && cb.aux & kFinishLater;
      RECORD(cb_ret, {
        describe(r, e);
        e.sub = sub_ptr(i);
        e.fn = fn_ptr(cb.program);
        e.finish = later ? finish_ptr(i) : 0;
        e.cur_seq = g.seq;
        e.sub_seq = r.s.sub[i].m;
        e.seq = r.s.seq;
        e.active = r.s.active;
        e.owner = owner_ptr(owner_of(g));
        e.ret = done;
        e.two_pass = two_pass;
      });
      if (later) {
        if (handed_out(r, i)) r.hit(hit_misuse);  // one struct in two llists
        f.aux |= static_cast<u8>(1 << i);
      }
      if (!done) {
        // blockable: WARN and go on (mn_itree_invalidate)
        if (g.flags & Range::kBlockable) r.hit(hit_misuse);
        else f.aux |= kRefused;
      }
      break;
    }
    case for_finish:
      RECORD(cb_finish_ret, {
        e.h.mm = 0;
        e.finish = finish_ptr(i);
        e.fn = fn_ptr(cb.program);
      });
      break;
    case for_list_start:
      RECORD(hl_start_ret, {
        describe(r, e);
        e.sub = list_ptr(i);
        e.fn = fn_ptr(cb.program);
        e.end_fn = r.model.lists[i].end == kNoProgram ? 0 : fn_ptr(r.model.lists[i].end);
        e.ret = done ? 0 : -EAGAIN;
      });
      if (!done) f.aux |= kRefused;
      break;
    case for_list_end:
      RECORD(hl_end_ret, {
        e.sub = list_ptr(i);
        e.range = range_ptr(r.t, r.th.ranges - 1u);
        e.fn = fn_ptr(cb.program);
        e.start = addr(g.lo);
        e.end = addr(g.hi);
      });
      break;
    default:
      RECORD(hl_release_ret, {
        e.h.mm = 0;
        e.sub = list_ptr(i);
        e.fn = fn_ptr(cb.program);
      });
  }
}

Next run_inv_start(Run& r) {
  State& s = r.s;
  if (r.f.phase == begin) {
    r.th.range[r.th.ranges++] =
        Range{r.lo(), r.hi(), r.in.a, static_cast<u8>(r.in.b | (r.in.c ? Range::kOwner1 << (r.in.c - 1) : 0)), 0};
    r.th.ret = 0;
    Range& g = innermost(r.th);
    if (!(s.flags & State::kHasItree) && !s.listed) {  // mm_has_notifiers()
      g.flags |= Range::kSkipped;
      return Next::advance;
    }
    RECORD(inv_start, {
      describe(r, e);
      e.owner = owner_ptr(owner_of(g));
      e.seq = s.seq;
      e.active = s.active;
      e.has_itree = s.flags & State::kHasItree ? 1 : 0;
      e.stack = -1;
    });
    if (s.flags & State::kHasItree) r.f.mask = enter_tree(r, g);
    r.f.phase = tree;
    return Next::stay;
  }
  if (r.f.phase <= finishing) {
    if (walk_tree(r) == Next::moved) return Next::moved;
    if (r.f.aux & kRefused) {
      itree_end(r);
      return start_returns(r, EAGAIN);
    }
    r.f.mask = listed_with(r, &CompiledList::start);
    r.f.phase = list;
    return Next::stay;
  }
  if (r.f.mask) {  // every one is called, whatever the others said
    const u8 i = lowest(r.f.mask);
    r.f.mask &= static_cast<u8>(r.f.mask - 1);
    if (r.f.phase == list) call_list(r, i, r.model.lists[i].start, for_list_start);
    else call_list(r, i, r.model.lists[i].end, for_list_end);
    return Next::moved;
  }
  if (r.f.phase == list && r.f.aux & kRefused) {
    r.f.mask = listed_with(r, &CompiledList::end);
    r.f.phase = list_undo;
    return Next::stay;
  }
  // the list's refusal leaves active_invalidate_ranges counted, as the kernel does
  return start_returns(r, r.f.phase == list_undo ? EAGAIN : 0);
}

Next run_inv_end(Run& r) {
  const Range g = innermost(r.th);
  if (r.f.phase == begin && !(g.flags & Range::kSkipped)) {
    RECORD(inv_end, { describe(r, e); });
    if (r.s.flags & State::kHasItree) itree_end(r);
    r.f.mask = listed_with(r, &CompiledList::end);
    r.f.phase = list;
    return Next::stay;
  }
  if (r.f.mask) {
    const u8 i = lowest(r.f.mask);
    r.f.mask &= static_cast<u8>(r.f.mask - 1);
    call_list(r, i, r.model.lists[i].end, for_list_end);
    return Next::moved;
  }
  if (!(g.flags & Range::kSkipped))
    RECORD(inv_end_ret, {
      e.range = range_ptr(r.t, r.th.ranges - 1u);
      e.start = addr(g.lo);
      e.end = addr(g.hi);
      e.seq = r.s.seq;
      e.active = r.s.active;
    });
  innermost(r.th) = Range{};
  --r.th.ranges;
  return Next::advance;
}

// No records: nobody probes it, it runs under page table locks.
Next run_secondary_tlbs(Run& r) {
  if (r.f.phase == begin) r.f.mask = listed_with(r, &CompiledList::secondary);
  r.f.phase = list;
  if (!r.f.mask) return Next::advance;
  const u8 i = lowest(r.f.mask);
  r.f.mask &= static_cast<u8>(r.f.mask - 1);
  push(r.th, r.model.lists[i].secondary, r.lo(), r.hi());
  return Next::moved;
}

// mn_itree_release(), then mn_hlist_release()
Next run_release_all(Run& r) {
  State& s = r.s;
  if (r.f.phase == begin) {
    if (!(s.flags & State::kHasItree) && !s.listed) return Next::advance;
    RECORD(mm_release, { e.mm_users = s.users; });
    r.th.range[r.th.ranges++] = Range{r.lo(), r.hi(), MS_reason_release, Range::kBlockable, 0};
    if (s.flags & State::kHasItree) r.f.mask = enter_tree(r, innermost(r.th));
    r.f.phase = tree;
    return Next::stay;
  }
  if (r.f.phase <= finishing) {
    if (walk_tree(r) == Next::moved) return Next::moved;
    if (s.flags & State::kHasItree) itree_end(r);
    r.f.aux = 0;
    r.f.mask = listed_with(r, &CompiledList::release);
    s.listed = 0;
    r.f.phase = list;
    return Next::stay;
  }
  if (r.f.mask) {
    const u8 i = lowest(r.f.mask);
    r.f.mask &= static_cast<u8>(r.f.mask - 1);
    call_list(r, i, r.model.lists[i].release, for_list_release);
    return Next::moved;
  }
  s.flags |= State::kReleased;
  RECORD(mm_release_ret, {
    e.seq = s.seq;
    e.active = s.active;
  });
  innermost(r.th) = Range{};
  --r.th.ranges;
  return Next::advance;
}

}  // namespace mirrorscope::model
