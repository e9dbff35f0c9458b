// SPDX-License-Identifier: Apache-2.0
// Which record ends which span: by the identities that both carry.
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
    case SpanKind::invalidation: return "invalidation";
    case SpanKind::mapping: return "mapping";
    case SpanKind::registration: return "registration";
    case SpanKind::access: return "access";
    case SpanKind::job: return "job";
    case SpanKind::flush: return "flush";
    case SpanKind::copy: return "copy";
    case SpanKind::migration: return "migration";
    case SpanKind::kinds: break;
  }
  return "?";
}

bool Spans::is_detached(uint16_t event) {
  switch (event) {
    case EV_dma_begin: case EV_dma_end: case EV_job_begin: case EV_job_end: case EV_dev_flush_submit: case EV_dev_flush_done:
    case EV_copy_begin: case EV_copy_end: return true;
    default: return false;
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
  // a range lives on the stack of its task
  const auto invalidation = [&](uint64_t range) { return Key{SpanKind::invalidation, h.tid, range}; };
  switch (h.id) {
    case EV_inv_start: return open(invalidation(as<ev_inv_start>(h).range), h);
    case EV_inv_start_ret:  // a refused one has no end
      if (as<ev_inv_start_ret>(h).ret) close(invalidation(as<ev_inv_start_ret>(h).range), h);
      return;
    case EV_inv_end_ret: return close(invalidation(as<ev_inv_end_ret>(h).range), h);
    case EV_dev_map: {
      const auto& e = as<ev_dev_map>(h);
      unmap(e.ctx, e.start, e.end, h);
      mapped_[e.ctx].insert_or_assign(e.start, Mapped{KeptRecord(h), e.end});
      return;
    }
    case EV_dev_unmap: return unmap(as<ev_dev_unmap>(h).ctx, as<ev_dev_unmap>(h).start, as<ev_dev_unmap>(h).end, h);
    case EV_reg: return open({SpanKind::registration, as<ev_reg>(h).ctx, 0}, h);
    case EV_dereg: return close({SpanKind::registration, as<ev_dereg>(h).ctx, 0}, h);
    case EV_dma_begin: return open({SpanKind::access, as<ev_dma_begin>(h).ctx, as<ev_dma_begin>(h).start}, h);
    case EV_dma_end: return close({SpanKind::access, as<ev_dma_end>(h).ctx, as<ev_dma_end>(h).start}, h);
    case EV_job_begin: return open({SpanKind::job, as<ev_job_begin>(h).ctx, as<ev_job_begin>(h).job}, h);
    case EV_job_end: return close({SpanKind::job, as<ev_job_end>(h).ctx, as<ev_job_end>(h).job}, h);
    case EV_dev_flush_submit: return open({SpanKind::flush, as<ev_dev_flush_submit>(h).ctx, as<ev_dev_flush_submit>(h).token}, h);
    case EV_dev_flush_done: return close({SpanKind::flush, as<ev_dev_flush_done>(h).ctx, as<ev_dev_flush_done>(h).token}, h);
    case EV_copy_begin: return open({SpanKind::copy, as<ev_copy_begin>(h).ctx, as<ev_copy_begin>(h).args}, h);
    case EV_copy_end: return close({SpanKind::copy, as<ev_copy_end>(h).ctx, as<ev_copy_end>(h).args}, h);
    case EV_migrate_setup: return open({SpanKind::migration, h.tid, as<ev_migrate_setup>(h).args}, h);
    case EV_migrate_setup_ret:
      if (as<ev_migrate_setup_ret>(h).ret) close({SpanKind::migration, h.tid, as<ev_migrate_setup_ret>(h).args}, h);
      return;
    case EV_migrate_finalize_ret: return close({SpanKind::migration, h.tid, as<ev_migrate_finalize_ret>(h).args}, h);
    default: return;
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
