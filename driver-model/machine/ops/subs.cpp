// SPDX-License-Identifier: Apache-2.0
// Insert, remove and the read side of interval notifiers; registration of list notifiers (mm/mmu_notifier.c).
#include "driver-model/machine/counters.h"
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

// Places 0 and 1 are the thread's own; 0x80 | v is variable v of the driver.
u8& token(Run& r, u8 place) { return place & 0x80 ? r.s.var[place & 0x7f] : r.th.tok[place & 1]; }

namespace {
void record_insert(Run& r, u8 i) {
  const CompiledSub& def = r.model.subs[i];
  RECORD(sub_insert, {
    e.sub = sub_ptr(i);
    e.start = addr(def.lo);
    e.length = (def.hi - def.lo) * kPageSize;
    e.ops = ops_ptr(i);
    e.mmap_lock = r.s.lock[mmap_lock].writer ? 1 : r.s.lock[mmap_lock].readers * 0x100u;
    e.mm_users = r.s.users;
    e.locked = r.th.held & 1;
  });
}
void record_inserted(Run& r, u8 i) {
  const CompiledSub& def = r.model.subs[i];
  RECORD(sub_insert_ret, {
    e.sub = sub_ptr(i);
    e.start = addr(def.lo);
    e.last = addr(def.hi) - 1;
    e.invalidate = fn_ptr(def.invalidate);
    e.finish = def.finish == kNoProgram ? 0 : fn_ptr(def.finish);
    e.sub_seq = r.s.sub[i].m;
    e.seq = r.s.seq;
    e.active = r.s.active;
    e.locked = r.th.held & 1;
  });
}
void record_register(Run& r, u8 i) {
  const CompiledList& def = r.model.lists[i];
  RECORD(mn_register, {
    e.sub = list_ptr(i);
    e.mmap_lock = r.s.lock[mmap_lock].writer ? 1 : 0;
    e.mm_users = r.s.users;
  });
  auto fn = [](u8 p) { return p == kNoProgram ? 0 : fn_ptr(p); };
  RECORD(mn_register_ret, {
    e.sub = list_ptr(i);
    e.start_fn = fn(def.start);
    e.end_fn = fn(def.end);
    e.release_fn = fn(def.release);
    e.users = 1;
  });
}
}  // namespace

void record_beginning(const Model& m, Records& records) {
  State s = m.initial;
  Outcome out{0, &records};
  const Instr none;
  Run r{m, s, 0, 0, out, none, s.thread[0], s.thread[0].frame[0]};
  for (u8 i = 0; i < m.subs.size(); ++i)
    if (s.sub[i].where) record_insert(r, i), record_inserted(r, i);
  for (u8 i = 0; i < m.lists.size(); ++i)
    if (s.listed >> i & 1) record_register(r, i);
  for (unsigned d = 0; d < m.devices.size(); ++d)
    RECORD(dev_ctx, {
      const DeviceDef& def = m.devices[d];
      e.ctx = device_ptr(d);
      e.sub = def.sub == no_sub ? 0 : sub_ptr(def.sub);
      e.owner = owner_ptr(def.owner);
      e.discipline = def.discipline;
      e.wide = def.wide;
      e.mixed = def.mixed;
      e.flushes = def.flushes;
      e.driver = MS_driver_model;
    });
}

// __mmu_interval_notifier_insert()
Next run_sub_insert(Run& r) {
  State& s = r.s;
  Sub& sub = s.sub[r.in.a];
  const CompiledSub& def = r.model.subs[r.in.a];
  record_insert(r, r.in.a);
  s.flags |= State::kHasItree;
  sub = Sub{0, def.lo, def.hi, 0};
  sub.where = counted_insert(s.seq, s.active, sub.m) ? Sub::kDeferredInsert : Sub::kInTree;
  r.th.ret = 0;
  record_inserted(r, r.in.a);
  return Next::advance;
}

Next run_sub_remove(Run& r) {
  State& s = r.s;
  Sub& sub = s.sub[r.in.a];
  if (r.f.phase == 0) {
    RECORD(sub_remove, {
      e.sub = sub_ptr(r.in.a);
      e.start = addr(sub.lo);
      e.last = addr(sub.hi) - 1;
    });
    if (!sub.where) {  // not inserted, or removed already
      r.hit(hit_misuse);
      return Next::advance;
    }
    if (removal_waits(s.seq) && sub.where & Sub::kInTree) {
      sub.where |= Sub::kDeferredRemove;
      r.f.aux = s.seq;
      r.f.phase = 1;
      return Next::stay;
    }
    sub = Sub{};  // out of the tree, or off the deferred list
  }
  r.f.aux = 0;
  RECORD(sub_remove_ret, {
    e.h.mm = 0;
    e.sub = sub_ptr(r.in.a);
  });
  return Next::advance;
}

Next run_read_begin(Run& r) {
  const State& s = r.s;
  const Sub& sub = s.sub[r.sub()];
  if (r.f.phase == 0) {
    RECORD(read_begin, {
      e.sub = sub_ptr(r.sub());
      e.sub_seq = sub.m;
      e.seq = s.seq;
    });
    token(r, r.in.b) = sub.m;
    if (read_waits(s.seq, sub.m)) {  // it is being invalidated: wait for the end of the episode
      r.f.aux = s.seq;
      r.f.phase = 1;
      return Next::stay;
    }
  }
  const u8 ret = r.f.phase ? r.f.aux : token(r, r.in.b);
  r.f.aux = 0;
  RECORD(read_begin_ret, {
    e.sub = sub_ptr(r.sub());
    e.ret = ret;
    e.sub_seq = sub.m;
    e.seq = s.seq;
  });
  return Next::advance;
}

Next run_peek_seq(Run& r) {
  token(r, r.in.b) = r.s.sub[r.sub()].m;
  return Next::advance;
}

Next run_if_retry(Run& r) {
  const u8 m = r.s.sub[r.sub()].m, seq = token(r, r.in.b);
  RECORD(revalidate, {
    e.ctx = device_ptr(r.in.c);
    e.sub = sub_ptr(r.sub());
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.seq = seq;
    e.sub_seq = m;
    e.driver = MS_driver_model;
    e.ok = m == seq;
  });
  return r.go(m != seq);
}

Next run_set_seq(Run& r) {
  r.s.sub[r.sub()].m = innermost(r.th).seq;
  return Next::advance;
}

Next run_mn_register(Run& r) {
  r.s.listed |= static_cast<u8>(1 << r.in.a);
  record_register(r, r.in.a);
  return Next::advance;
}

Next run_mn_unregister(Run& r) {
  RECORD(mn_unregister, { e.sub = list_ptr(r.in.a); });
  r.s.listed &= static_cast<u8>(~(1 << r.in.a));
  RECORD(mn_unregister_ret, {
    e.h.mm = 0;
    e.sub = list_ptr(r.in.a);
  });
  return Next::advance;
}

}  // namespace mirrorscope::model
