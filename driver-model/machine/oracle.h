// SPDX-License-Identifier: Apache-2.0
// What is wrong in truth, whatever any rule says: found in the state, at the access that does the harm.
#pragma once

#include <cstdint>
#include <string>

namespace mirrorscope::model {

using Hits = uint32_t;
enum Hit : Hits {
  hit_freed = 1,         // a device access reached a page that was free or somebody else's
  hit_stale = 2,         // a device access reached a page that the process does not see at this address
  hit_permission = 4,    // a device wrote where the process may not
  hit_lost_write = 8,    // what a device wrote is lost: written after the copy, or never marked dirty
  hit_deadlock = 16,     // nobody can go on
  hit_leak = 32,         // at the end a lock, a pin, a folio or an invalidation is still held
  hit_misuse = 64,       // a lock was given back that was not held, a page unpinned that was not pinned
  hit_sleeps = 128,      // slept where the range must not block
  hit_livelock = 256,    // went round without an end
};

// "freed page, lost write"
std::string to_text(Hits hits);

}  // namespace mirrorscope::model
