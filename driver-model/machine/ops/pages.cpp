// SPDX-License-Identifier: Apache-2.0
// Page frames: taken, and freed when nobody holds them; every Ref to a freed frame becomes stale.
#include <cstdio>
#include <cstdlib>

#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

u8 take_frame(State& s, bool device) {
  const unsigned from = device ? kDevicePage : 0, to = device ? kPages : kDevicePage;
  for (unsigned f = from; f < to; ++f) {
    if (!s.page[f].free()) continue;
    s.page[f] = Page{0, 0, 1, 0};
    return static_cast<u8>(f);
  }
  std::fprintf(stderr, "driver-model: a scenario needs more than %u page frames\n", to - from);
  std::abort();
}

void drop_if_free(Run& r, unsigned frame) {
  State& s = r.s;
  Page& p = s.page[frame];
  if (!p.free()) return;
  p.flags = 0;
  RECORD(page_free, { e.pfn = pfn_of(frame); });
  auto mark = [frame](Ref& ref) {
    if (ref.valid() && ref.frame() == frame) ref.bits |= Ref::kStale;
  };
  for (auto& table : s.dev)
    for (Ref& ref : table) mark(ref);
  for (auto& table : s.tlb)
    for (Ref& ref : table) mark(ref);
  for (auto& array : s.shared)
    for (Ref& ref : array) mark(ref);
  for (unsigned t = 0; t < r.model.thread_count(); ++t) {
    Thread& th = s.thread[t];
    for (Ref& ref : th.pfn) mark(ref);
    for (Ref& ref : th.dma) mark(ref);
    for (Ref& ref : th.dst) mark(ref);
  }
}

Ref* pfns(Run& r, u8 array) {
  if (array & 0x10) return r.s.shared[array & 1];
  return array == own_dst ? r.th.dst : r.th.pfn;
}

}  // namespace mirrorscope::model
