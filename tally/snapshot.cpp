// SPDX-License-Identifier: Apache-2.0
// How two moments make an interval.
#include "tally/snapshot.h"

#include <algorithm>

namespace mirrorscope {

Tally Tally::since(const Tally& before) const {
  using Key = std::tuple<uint32_t, uint32_t, std::string, std::string>;
  std::map<Key, const TallyRow*> old;
  for (const TallyRow& row : before.rows)
    if (!row.ended) old.emplace(row.key(), &row);  // the number of an ended process may be another's now
  auto less = [](uint64_t now, uint64_t then) { return now - std::min(now, then); };
  Tally interval = *this;
  interval.time = less(time, before.time);
  interval.uncounted = less(uncounted, before.uncounted);
  interval.skipped = less(skipped, before.skipped);
  std::erase_if(interval.rows, [&](TallyRow& row) {
    const auto was = old.find(row.key());
    if (was == old.end()) return false;
    const TallyRow& then = *was->second;
    row.calls = less(row.calls, then.calls);
    row.refused = less(row.refused, then.refused);
    row.pages = less(row.pages, then.pages);
    row.times = row.times.since(then.times);
    return row.calls == 0;
  });
  return interval;
}

}  // namespace mirrorscope
