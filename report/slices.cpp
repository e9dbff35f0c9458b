// SPDX-License-Identifier: Apache-2.0
// How returns find their entries: the innermost open call of the task that pairs with them; what is open inside it is cut off.
#include "report/slices.h"

#include <algorithm>

#include "schema/catalog.h"

namespace mirrorscope {

void Slices::see(const ev_header& h) {
  const EventInfo* row = event_info(h.id);
  if (!row) return;
  last_ = h.time;
  if (row->kind == EventKind::entry) {
    open_[h.tid].push_back(&h);
    return sink_.begin(h);
  }
  if (row->kind != EventKind::exit) return sink_.instant(h);
  auto& open = open_[h.tid];
  const auto entry = std::find_if(open.rbegin(), open.rend(), [&](const ev_header* e) { return e->id == row->pair; });
  if (entry == open.rend()) return sink_.instant(h);
  while (open.back()->id != row->pair) {
    sink_.end(*open.back(), h.time, nullptr);
    open.pop_back();
  }
  sink_.end(*open.back(), h.time, &h);
  open.pop_back();
}

void Slices::finish() {
  for (auto& [tid, open] : open_)
    for (; !open.empty(); open.pop_back()) sink_.end(*open.back(), last_, nullptr);
}

}  // namespace mirrorscope
