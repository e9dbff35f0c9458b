// SPDX-License-Identifier: Apache-2.0
// Which invalidation of a range is open at this moment, whoever started it.
#pragma once

#include "analyzer/discipline.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

// One that started, for certain, before `now`, and that `ctx` has to obey; null if there is none.
inline const Region* open_over(const Mirror& mirror, const Mm& mm, const Ctx& ctx, uint64_t start, uint64_t end, uint64_t now) {
  const Region* found = nullptr;
  if (mm.definite <= 0) return found;  // the common case: tasks are not looked at
  mirror.each_task([&](const Task& t) {
    for (const Region& r : t.regions)
      if (r.mm == mm.ptr && r.start < end && start < r.end && r.returned.time + Mirror::kClockSlack < now &&
          !is_own(ctx, r.reason, r.owner))
        found = &r;
  });
  return found;
}

}  // namespace mirrorscope
