// SPDX-License-Identifier: Apache-2.0
// What a driver keeps besides its page table: flags, counters, sequences, pfn arrays; and what its hook would say.
#include "driver-model/machine/run.h"

namespace mirrorscope::model {

namespace {
u8 token_value(Run& r, u8 place) { return place == invalid_tok ? 0 : token(r, place); }
}  // namespace

Next run_set_var(Run& r) {
  r.s.var[r.in.a] = r.in.b;
  return Next::advance;
}
Next run_add_var(Run& r) {
  r.s.var[r.in.a] = static_cast<u8>(r.s.var[r.in.a] + r.in.b);
  return Next::advance;
}
Next run_if_var(Run& r) { return r.go(r.s.var[r.in.a] == r.in.b); }
Next run_unless_var(Run& r) { return r.go(r.s.var[r.in.a] != r.in.b); }
Next run_await_var(Run& r) {
  if (!may_block(r.th)) r.hit(hit_sleeps);
  return Next::advance;
}
Next run_copy_tok(Run& r) {
  token(r, r.in.b) = token_value(r, r.in.a);
  return Next::advance;
}
Next run_if_tok_differs(Run& r) { return r.go(token_value(r, r.in.a) != token_value(r, r.in.b)); }
Next run_copy_pfns(Run& r) {
  const Ref* from = pfns(r, r.in.a);
  Ref* to = pfns(r, r.in.b);
  for (u8 va = r.lo(); va < r.hi(); ++va) to[va] = from[va];
  return Next::advance;
}
Next run_clear_pfns(Run& r) {
  Ref* array = pfns(r, r.in.a);
  for (u8 va = r.lo(); va < r.hi(); ++va) array[va] = Ref{};
  return Next::advance;
}
Next run_if_no_pfns(Run& r) {
  const Ref* array = pfns(r, r.in.a);
  for (u8 va = r.lo(); va < r.hi(); ++va)
    if (!array[va].valid()) return r.go(true);
  return Next::advance;
}

Next run_driver_record(Run& r) {
  const u8 sub = r.in.b == self ? r.f.mask : r.in.b;
  auto about = [&](auto& e) {
    e.ctx = device_ptr(r.in.c);
    e.start = addr(r.lo());
    e.end = addr(r.hi());
    e.driver = r.model.driver;
    if constexpr (requires { e.sub; }) e.sub = sub == no_sub ? 0 : sub_ptr(sub);
    if constexpr (requires { e.write; }) e.write = r.in.d & 1u;
  };
  switch (static_cast<Says>(r.in.a)) {
    case Says::fault: RECORD(dev_fault, { about(e); }); break;
    case Says::fault_done:
      RECORD(dev_fault_ret, {
        about(e);
        e.ret = -static_cast<int>(r.th.ret);
      });
      break;
    case Says::reg: RECORD(reg, { about(e); }); break;
    case Says::dereg:
      RECORD(dereg, {
        about(e);
        e.dirty = 1;
      });
      break;
    default: break;
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
