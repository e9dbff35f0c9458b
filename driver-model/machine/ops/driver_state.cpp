// SPDX-License-Identifier: Apache-2.0
// What a driver keeps besides its page table: flags, counters, sequences, pfn arrays.
#include "driver-model/machine/ops/run.h"

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
  sleeps(r);
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
Next run_if_mixed(Run& r) {
  if (kinds_of(pfns(r, r.in.a), r.lo(), r.hi()) != pages_mixed) return Next::advance;
  r.th.ret = EOPNOTSUPP;
  return r.go(true);
}
Next run_if_no_pfns(Run& r) {
  const Ref* array = pfns(r, r.in.a);
  for (u8 va = r.lo(); va < r.hi(); ++va)
    if (!array[va].valid()) return r.go(true);
  return Next::advance;
}

}  // namespace mirrorscope::model
