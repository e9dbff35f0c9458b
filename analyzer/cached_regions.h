// SPDX-License-Identifier: Apache-2.0
// What a registration cache of user space holds, and what the kernel has taken from it since.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

struct CachedRegion {
  uint64_t cache = 0;
  uint64_t region = 0;
  uint64_t mm = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t ctx = 0;  // the registration behind it, 0 = not known
  uint32_t users = 0;
  EventRef inserted;
  EventRef lost;     // its addresses, or a part of them, were unmapped or moved
  EventRef told;     // the cache heard of a part of what was lost, or of all of it before
  uint32_t lost_by = 0;  // the task that did it
  uint64_t lost_start = 0;
  uint64_t lost_end = 0;
  uint64_t told_start = 0;
  uint64_t told_end = 0;
  EventRef evicted;  // it is found no more
  EventRef reused;   // what was lost of it is mapped anew

  // Did the cache hear of all that was lost?
  bool knows() const { return told && told_start <= lost_start && lost_end <= told_end; }
};

class CachedRegions {
 public:
  void insert(const ev_ucache_insert& e) {
    drop(e.cache, e.region);
    if (list_.size() == kKept) list_.erase(list_.begin());
    CachedRegion r;
    r.cache = e.cache;
    r.region = e.region;
    r.mm = e.h.mm;
    r.start = e.start;
    r.end = e.end;
    r.ctx = e.ctx;
    r.inserted = EventRef::of(e.h);
    list_.push_back(r);
  }
  void drop(uint64_t cache, uint64_t region) {
    std::erase_if(list_, [&](const CachedRegion& r) { return r.cache == cache && r.region == region; });
  }
  CachedRegion* find(uint64_t cache, uint64_t region) {
    for (CachedRegion& r : list_)
      if (r.cache == cache && r.region == region) return &r;
    return nullptr;
  }
  void unmapped(const ev_header& h, uint64_t start, uint64_t end) {
    for (CachedRegion& r : list_) {
      if (r.mm != h.mm || r.end <= start || end <= r.start || r.inserted.time >= h.time) continue;
      const uint64_t from = std::max(start, r.start), to = std::min(end, r.end);
      r.lost_start = r.lost ? std::min(r.lost_start, from) : from;
      r.lost_end = r.lost ? std::max(r.lost_end, to) : to;
      r.lost = EventRef::of(h);
      r.lost_by = h.tid;
    }
  }
  // Before the memory goes, as hooks of munmap() tell, or after, as userfaultfd does.
  void told(const ev_ucache_event& e) {
    for (CachedRegion& r : list_) {
      if ((e.cache && r.cache != e.cache) || r.mm != e.h.mm || r.end <= e.start || e.end <= r.start) continue;
      r.told_start = r.told ? std::min<uint64_t>(r.told_start, e.start) : e.start;
      r.told_end = r.told ? std::max<uint64_t>(r.told_end, e.end) : e.end;
      r.told = EventRef::of(e.h);
    }
  }
  // Of what it was before this, some is mapped again.
  void mapped(const ev_header& h, uint64_t start, uint64_t end) {
    for (CachedRegion& r : list_)
      if (r.mm == h.mm && r.lost && start < r.lost_end && r.lost_start < end) r.reused = EventRef::of(h);
  }
  template <typename Visit>
  void of_cache(uint64_t cache, Visit visit) {
    for (CachedRegion& r : list_)
      if (r.cache == cache) visit(r);
  }
  void drop_cache(uint64_t cache) {
    std::erase_if(list_, [&](const CachedRegion& r) { return r.cache == cache; });
  }
  template <typename Visit>
  void overlapping(uint64_t mm, uint64_t start, uint64_t end, Visit visit) {
    for (CachedRegion& r : list_)
      if (r.mm == mm && r.start < end && start < r.end) visit(r);
  }
  bool empty() const { return list_.empty(); }

 private:
  static constexpr size_t kKept = 4096;
  std::vector<CachedRegion> list_;
};

}  // namespace mirrorscope
