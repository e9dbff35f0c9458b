// SPDX-License-Identifier: Apache-2.0
// Which record ends which span: by the key that both carry (schema/spans.def), a mapping by overlap.
#include "report/spans.h"

#include <iterator>

namespace mirrorscope {

namespace {
template <typename Event>
const Event& as(const ev_header& h) {
  return reinterpret_cast<const Event&>(h);
}
}  // namespace

std::string_view to_string(SpanKind kind) {
  switch (kind) {
#define SPAN(kind, by) \
  case SpanKind::kind: \
    return #kind;
#include "schema/spans.def"
    case SpanKind::kinds:
      break;
  }
  return "?";
}

bool Spans::is_detached(uint16_t event) {
  constexpr bool task = false, device = true;
#define SPAN(kind, by) [[maybe_unused]] constexpr bool detached_##kind = by;
#include "schema/spans.def"
  switch (event) {
#define CASE(kind, object, key, event) \
  case EV_##event:                     \
    return detached_##kind;
#define BEGINS CASE
#define REFUSES CASE
#define ENDS CASE
#include "schema/spans.def"
#undef CASE
    default:
      return false;
  }
}

// What was open under the same key ended somewhere, unseen.
void Spans::open(const Key& key, const ev_header& begin) {
  KeptRecord& kept = open_[key];
  if (kept) sink_.span(key.kind, *kept, begin.time, nullptr);
  kept = KeptRecord(begin);
}

void Spans::close(const Key& key, const ev_header& end) {
  const auto it = open_.find(key);
  if (it == open_.end()) return;
  sink_.span(key.kind, *it->second, end.time, &end);
  open_.erase(it);
}

// A mapping's span ends where the first byte of it goes.
void Spans::unmap(uint64_t ctx, uint64_t start, uint64_t end, const ev_header& record) {
  const auto found = mapped_.find(ctx);
  if (found == mapped_.end()) return;
  auto& live = found->second;
  auto it = live.lower_bound(start);
  if (it != live.begin() && std::prev(it)->second.end > start) --it;
  while (it != live.end() && it->first < end) {
    sink_.span(SpanKind::mapping, *it->second.begin, record.time, record.id == EV_dev_unmap ? &record : nullptr);
    it = live.erase(it);
  }
  if (live.empty()) mapped_.erase(found);
}

void Spans::see(const ev_header& h) {
  last_ = h.time;
  switch (h.id) {
#define OBJECT_tid(event) h.tid
#define OBJECT_ctx(event) as<ev_##event>(h).ctx
#define KEY(kind, object, key, event) \
  Key { SpanKind::kind, OBJECT_##object(event), as<ev_##event>(h).key }
#define BEGINS(kind, object, key, event) \
  case EV_##event:                       \
    return open(KEY(kind, object, key, event), h);
#define REFUSES(kind, object, key, event)                               \
  case EV_##event:                                                      \
    if (as<ev_##event>(h).ret) close(KEY(kind, object, key, event), h); \
    return;
#define ENDS(kind, object, key, event) \
  case EV_##event:                     \
    return close(KEY(kind, object, key, event), h);
#include "schema/spans.def"
    case EV_dev_map: {
      const auto& e = as<ev_dev_map>(h);
      unmap(e.ctx, e.start, e.end, h);
      mapped_[e.ctx].insert_or_assign(e.start, Mapped{KeptRecord(h), e.end});
      return;
    }
    case EV_dev_unmap:
      return unmap(as<ev_dev_unmap>(h).ctx, as<ev_dev_unmap>(h).start, as<ev_dev_unmap>(h).end, h);
    default:
      return;
  }
}

void Spans::finish() {
  for (const auto& [key, begin] : open_) sink_.span(key.kind, *begin, last_, nullptr);
  for (const auto& [ctx, live] : mapped_)
    for (const auto& [start, m] : live) sink_.span(SpanKind::mapping, *m.begin, last_, nullptr);
  open_.clear();
  mapped_.clear();
}

}  // namespace mirrorscope
