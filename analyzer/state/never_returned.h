// SPDX-License-Identifier: Apache-2.0
// Which calls the recording ends in that have lasted too long by then: what hangs for ever makes no record of its return.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "analyzer/rule.h"

namespace mirrorscope {

// say(entry header, call, ns) for each call of `entries` that was entered more than `limit` before `end` and has not returned: an occasion for
// Judge::never_came().
template <typename Say>
void never_returned(const Mirror& mirror, std::initializer_list<uint16_t> entries, uint64_t limit, uint64_t end, Say say) {
  mirror.each_task([&](const Task& t) {
    for (const Call& c : t.calls) {
      if (c.assumed || std::find(entries.begin(), entries.end(), c.at.id) == entries.end()) continue;
      if (c.at.time + limit >= end) continue;
      ev_header h{};
      h.time = c.at.time;
      h.id = c.at.id;
      h.cpu = c.at.cpu;
      h.seq = c.at.seq;
      h.mm = c.mm;
      h.tid = t.key >> 32 ? 0 : static_cast<uint32_t>(t.key);  // the idle tasks have keys of their own
      h.tgid = c.tgid;
      say(h, c, end - c.at.time);
    }
  });
}

}  // namespace mirrorscope
