// SPDX-License-Identifier: Apache-2.0
// How the address space of a record is found that does not name it.
#include "analyzer/sharding.h"

#include <array>

#include "driver-model/mirror/table.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
// By event: where the mirroring object stands in the record, 0 = it has none.
constexpr auto kObject = [] {
  std::array<uint16_t, EV_LIMIT> at{};
  for (const EventInfo& e : catalog::events)
    for (const FieldInfo& f : e.fields)
      if (f.name == "ctx") at[e.id] = static_cast<uint16_t>(f.offset);
  return at;
}();

uint64_t object_of(const ev_header& h) {
  return kObject[h.id] ? *reinterpret_cast<const uint64_t*>(reinterpret_cast<const char*>(&h) + kObject[h.id]) : 0;
}
}  // namespace

uint32_t Sharding::of(const ev_header& h) {
  if (shards_ == 1) return 0;
  if (h.id == EV_probe_state || h.id == EV_mm_fork) return every;  // a fork is about two mms
  if (!kObject[h.id] && h.mm) [[likely]]
    return static_cast<uint32_t>(KeyHash{}(h.mm) % shards_);
  return by_object(h);
}

// The end of a copy, an access, a job or a flush is often said by an interrupt or a worker, which has no mm. What has neither an mm nor an
// object only closes or accompanies a call, or is about a page: it goes to all, and who saw the call or has the page knows what to do.
uint32_t Sharding::by_object(const ev_header& h) {
  const uint64_t object = object_of(h);
  uint64_t mm = h.mm;
  if (object && mm) {
    mm_of_[object] = mm;
  } else if (object) {
    const auto known = mm_of_.find(object);
    if (known != mm_of_.end()) mm = known->second;
  }
  if (object && (h.id == EV_dev_ctx_end || h.id == EV_dereg)) mm_of_.erase(object);
  if (mm) return static_cast<uint32_t>(KeyHash{}(mm) % shards_);
  switch (h.id) {
    case EV_itree_end:
    case EV_itree_end_ret:
    case EV_sub_remove_ret:
    case EV_cb_finish_ret:
    case EV_hl_release_ret:
    case EV_mn_unregister_ret:
    case EV_mn_free:
    case EV_page_free:
    case EV_page_dirty:
      return every;
    default:
      return 0;
  }
}

}  // namespace mirrorscope
