// SPDX-License-Identifier: Apache-2.0
// Which of several engines judges a record, so that the verdict is that of one engine: state is per address space, and a record that does
// not name its own belongs where the object is that it speaks of.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "schema/events.h"

namespace mirrorscope {

class Sharding {
 public:
  explicit Sharding(uint32_t shards) : shards_(shards) {}

  static constexpr uint32_t every = UINT32_MAX;
  // The shard, or `every`. Has to see every record that is judged, in order.
  uint32_t of(const ev_header& record);

 private:
  // Of which address space a task last spoke. By tid, a task pushes out another one: then it is not known.
  struct Spoke {
    uint32_t tid = 0;
    uint64_t mm = 0;
  };
  Spoke& spoke(uint32_t tid) { return spoke_[tid % spoke_.size()]; }
  uint32_t without_mm(const ev_header& record);

  uint32_t shards_;
  std::array<Spoke, 4096> spoke_{};
  std::unordered_map<uint64_t, uint64_t> mm_of_;  // by mirroring object or mmu_notifier, as long as it lives
};

}  // namespace mirrorscope
