// SPDX-License-Identifier: Apache-2.0
// How the address space of a record is found that does not name it.
#include "analyzer/engine/sharding.h"

#include <array>

#include "driver-model/mirror/table.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
// By event: where the mirroring object, or the mmu_notifier, stands in the record, 0 = it has none.
constexpr auto kObject = [] {
  std::array<uint16_t, EV_LIMIT> at{};
  for (const EventInfo& e : catalog::events)
    for (const FieldInfo& f : e.fields) {
      const bool notifier = f.name == "sub" && e.name.starts_with("mn_");
      if (f.name == "ctx" || notifier) at[e.id] = static_cast<uint16_t>(f.offset);
    }
  return at;
}();

// By event: must every engine hear of it? And if its header names no address space?
constexpr auto kAbout = [] {
  std::array<EventAbout, EV_LIMIT> about{};
  for (const EventInfo& e : catalog::events) about[e.id] = e.about;
  return about;
}();

uint64_t object_of(const ev_header& h) {
  return kObject[h.id] ? *reinterpret_cast<const uint64_t*>(reinterpret_cast<const char*>(&h) + kObject[h.id]) : 0;
}
}  // namespace

uint32_t Sharding::of(const ev_header& h) {
  if (shards_ == 1) return 0;
  if (kAbout[h.id] == EventAbout::all) return every;
  if (!h.mm) [[unlikely]]
    return without_mm(h);
  spoke(h.tid) = {h.tid, h.mm};
  if (const uint64_t object = object_of(h)) {
    if (h.id == EV_dev_ctx_end || h.id == EV_dereg)
      mm_of_.erase(object);
    else
      mm_of_[object] = h.mm;
  }
  return static_cast<uint32_t>(KeyHash{}(h.mm) % shards_);
}

// The end of a copy, an access, a job or a flush is often said by an interrupt or a worker, which has no mm: it belongs where its object is. What only
// closes or accompanies a call belongs where the task that makes the call has just been. A page can be anybody's.
uint32_t Sharding::without_mm(const ev_header& h) {
  uint64_t mm = 0;
  if (const uint64_t object = object_of(h)) {
    const auto known = mm_of_.find(object);
    if (known != mm_of_.end()) mm = known->second;
    const bool ends = h.id == EV_dev_ctx_end || h.id == EV_dereg || h.id == EV_mn_free || h.id == EV_mn_unregister_ret;
    if (known != mm_of_.end() && ends) mm_of_.erase(known);
  } else if (kAbout[h.id] == EventAbout::any_mm) {
    return every;
  } else if (spoke(h.tid).tid == h.tid) {
    mm = spoke(h.tid).mm;
  }
  return mm ? static_cast<uint32_t>(KeyHash{}(mm) % shards_) : 0;
}

}  // namespace mirrorscope
