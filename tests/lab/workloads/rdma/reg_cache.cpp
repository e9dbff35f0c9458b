// SPDX-License-Identifier: Apache-2.0
// How are registrations kept, counted and given up, and how is each step announced?
#include "rdma/reg_cache.h"

#include "caches/ucache_announce.h"

namespace lab {

RegCache::~RegCache() {
  if (!leave_)
    for (const auto& region : regions_) deregister(*region);
  mirrorscope_ucache_end(this);
}

CachedMr* RegCache::get(char* start, std::size_t length) {
  for (const auto& r : regions_) {
    if (!r->found || start < r->start || start + length > r->start + r->length) continue;
    r->users++;
    mirrorscope_ucache_hit(this, r.get(), start, length);
    return r.get();
  }
  auto region = std::make_unique<CachedMr>();
  mirrorscope_ucache_enter(this);
  region->mr = device_.register_memory(start, length, false);
  if (!region->mr) return nullptr;
  region->start = start;
  region->length = length;
  region->users = 1;
  mirrorscope_ucache_insert(this, region.get(), start, length);
  regions_.push_back(std::move(region));
  return regions_.back().get();
}

void RegCache::put(CachedMr* region) {
  mirrorscope_ucache_put(this, region);
  region->users--;
  if (!region->found && !region->users) deregister(*region);
  sweep();
}

void RegCache::forget(char* start, std::size_t length) {
  mirrorscope_ucache_event(this, start, length);
  for (const auto& r : regions_) {
    if (!r->found || start >= r->start + r->length || r->start >= start + length) continue;
    r->found = false;
    mirrorscope_ucache_evict(this, r.get(), 0);
    if (!r->users || free_in_use_) deregister(*r);
  }
  sweep();
}

void RegCache::shrink() {
  for (const auto& r : regions_) {
    if (r->users || !r->found) continue;
    r->found = false;
    mirrorscope_ucache_evict(this, r.get(), 0);
    deregister(*r);
  }
  sweep();
}

void RegCache::deregister(CachedMr& region) {
  if (region.mr) ibv_dereg_mr(region.mr);
  region.mr = nullptr;
}

// What is deregistered and has no user is nobody's.
void RegCache::sweep() {
  std::erase_if(regions_, [](const auto& r) { return !r->found && !r->mr && !r->users; });
}

}  // namespace lab
