// SPDX-License-Identifier: Apache-2.0
// What a registration cache of user space holds, and what the kernel has taken from it since.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "driver-model/mirror/mirror.h"
#include "driver-model/mirror/span_list.h"

namespace mirrorscope {

struct CachedRegion {
  uint64_t cache = 0;
  uint64_t region = 0;
  uint64_t mm = 0;   // its generation
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
  uint64_t number = 0;  // running, from 1

  // Did the cache hear of all that was lost?
  bool knows() const { return told && told_start <= lost_start && lost_end <= told_end; }
};

class CachedRegions {
 public:
  void insert(const ev_ucache_insert& e, const Facts& f) {
    drop(e.cache, e.region);
    if (regions_.size() == kKept) push_out();
    CachedRegion& r = regions_[{e.cache, e.region}];
    r.cache = e.cache;
    r.region = e.region;
    r.mm = generation_of(f);
    r.start = e.start;
    r.end = e.end;
    r.ctx = e.ctx;
    r.inserted = EventRef::of(e.h);
    r.number = ++numbers_;
    order_.push_back({e.cache, e.region, r.number});
    if (order_.size() > 4 * kKept) std::erase_if(order_, [this](const Turn& t) { return !is_in(t); });
    ++caches_[r.cache];
    if (r.end > r.start) spaces_[r.mm].add(r.start, r.end - 1, &r);
  }
  void drop(uint64_t cache, uint64_t region) {
    const auto at = regions_.find({cache, region});
    if (at != regions_.end()) erase(at);
  }
  // Nothing that another mm, on whose address this one is, has left behind.
  CachedRegion* find(const Facts& f, uint64_t cache, uint64_t region) {
    const auto at = regions_.find({cache, region});
    return at == regions_.end() || at->second.mm != generation_of(f) ? nullptr : &at->second;
  }
  void unmapped(const ev_header& h, const Facts& f, uint64_t start, uint64_t end) {
    overlapping(f, start, end, [&](CachedRegion& r) {
      if (r.inserted.time >= h.time) return;
      const uint64_t from = std::max(start, r.start), to = std::min(end, r.end);
      r.lost_start = r.lost ? std::min(r.lost_start, from) : from;
      r.lost_end = r.lost ? std::max(r.lost_end, to) : to;
      r.lost = EventRef::of(h);
      r.lost_by = h.tid;
    });
  }
  // Before the memory goes, as hooks of munmap() tell, or after, as userfaultfd does.
  void told(const ev_ucache_event& e, const Facts& f) {
    overlapping(f, e.start, e.end, [&](CachedRegion& r) {
      if (e.cache && r.cache != e.cache) return;
      r.told_start = r.told ? std::min<uint64_t>(r.told_start, e.start) : e.start;
      r.told_end = r.told ? std::max<uint64_t>(r.told_end, e.end) : e.end;
      r.told = EventRef::of(e.h);
    });
  }
  // Of what it was before this, some is mapped again.
  void mapped(const ev_header& h, const Facts& f, uint64_t start, uint64_t end) {
    overlapping(f, start, end, [&](CachedRegion& r) {
      if (r.lost && start < r.lost_end && r.lost_start < end) r.reused = EventRef::of(h);
    });
  }
  template <typename Visit>
  void of_cache(uint64_t cache, Visit visit) {
    if (!caches_.contains(cache)) return;
    for (CachedRegion* r : of(cache)) visit(*r);
  }
  void drop_cache(uint64_t cache) {
    if (!caches_.contains(cache)) return;
    for (const CachedRegion* r : of(cache)) drop(cache, r->region);
  }
  template <typename Visit>
  void overlapping(const Facts& f, uint64_t start, uint64_t end, Visit visit) {
    if (regions_.empty() || end <= start) return;
    const auto space = spaces_.find(generation_of(f));
    if (space != spaces_.end()) space->second.overlapping(start, end - 1, visit);
  }
  bool empty() const { return regions_.empty(); }
  // Was one pushed out by younger ones, so that one that is not in it may still be in its cache?
  bool forgot() const { return forgot_; }

 private:
  static constexpr size_t kKept = 16384;  // more than any cache keeps by default
  using Key = std::pair<uint64_t, uint64_t>;
  struct Hash {
    size_t operator()(const Key& k) const { return KeyHash{}(k.first) ^ k.second * 0xff51afd7ed558ccdull >> 7; }
  };
  using Regions = std::unordered_map<Key, CachedRegion, Hash>;
  struct Turn {
    uint64_t cache, region, number;
  };

  static uint64_t generation_of(const Facts& f) { return f.mm ? f.mm->generation : 0; }
  bool is_in(const Turn& t) const {
    const auto at = regions_.find({t.cache, t.region});
    return at != regions_.end() && at->second.number == t.number;
  }
  void push_out() {
    forgot_ = true;
    for (bool done = false; !done && !order_.empty(); order_.pop_front()) {
      done = is_in(order_.front());
      if (done) drop(order_.front().cache, order_.front().region);
    }
  }
  void erase(typename Regions::iterator at) {
    const CachedRegion& r = at->second;
    if (const auto space = spaces_.find(r.mm); space != spaces_.end()) {
      space->second.remove(r.start, &r);
      if (!space->second.size()) spaces_.erase(space);
    }
    if (const auto cache = caches_.find(r.cache); !--cache->second) caches_.erase(cache);
    regions_.erase(at);
  }
  // In the order in which they were inserted.
  std::vector<CachedRegion*> of(uint64_t cache) {
    std::vector<CachedRegion*> list;
    for (auto& [key, r] : regions_)
      if (r.cache == cache) list.push_back(&r);
    std::sort(list.begin(), list.end(), [](const CachedRegion* a, const CachedRegion* b) { return a->number < b->number; });
    return list;
  }

  Regions regions_;
  std::deque<Turn> order_;  // oldest first; those that are gone stay in it for a while
  std::unordered_map<uint64_t, size_t> caches_;                    // how many regions each has
  std::unordered_map<uint64_t, SpanList<CachedRegion>> spaces_;    // by mm
  uint64_t numbers_ = 0;
  bool forgot_ = false;
};

}  // namespace mirrorscope
