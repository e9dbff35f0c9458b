// SPDX-License-Identifier: Apache-2.0
// Mirroring objects: which profile each is of, which notifiers are its, and what its device has in flight.
#include <algorithm>

#include "driver-model/conform/driver.h"
#include "driver-model/conform/reference.h"
#include "schema/catalog.h"

namespace mirrorscope::conform {

// The reference driver's modes, and everybody who promises the same.
std::string_view profile_like(const ev_dev_ctx& e, bool whole) {
  switch (e.discipline) {
    case MS_discipline_fence: return "amdgpu_userptr";
    case MS_discipline_quiesce: return "kfd_quiesce";
    case MS_discipline_pin: return e.sub ? "i915_userptr" : "pinned_mr";
    case MS_discipline_unmap:
      if (e.wide) return "gpusvm";
      if (e.owner) return "pagemap";
      return whole ? "hmm_mirror" : "odp_implicit";
    default: return {};
  }
}

namespace {
template <typename Ev>
bool is_about(const Ev& e, About& to) {
  if constexpr (requires { e.sub; }) to.sub = e.sub;
  if constexpr (requires { e.driver; e.ctx; }) {
    to.ctx = e.ctx;
    to.driver = e.driver;
    return true;
  }
  return false;
}
}  // namespace

bool about(const ev_header& h, About& to) {
  switch (h.id) {
#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
  case id: return is_about(reinterpret_cast<const ev_##name&>(h), to);
#include "schema/driver_events.def"
#undef EVENT
#undef FIELD
#undef ARRAY
    case EV_read_begin: to.sub = reinterpret_cast<const ev_read_begin&>(h).sub; return false;
    case EV_read_begin_ret: to.sub = reinterpret_cast<const ev_read_begin_ret&>(h).sub; return false;
    case EV_range_fault: to.sub = reinterpret_cast<const ev_range_fault&>(h).sub; return false;
    case EV_range_fault_ret: to.sub = reinterpret_cast<const ev_range_fault_ret&>(h).sub; return false;
    case EV_sub_insert: to.sub = reinterpret_cast<const ev_sub_insert&>(h).sub; return false;
    case EV_sub_insert_ret: to.sub = reinterpret_cast<const ev_sub_insert_ret&>(h).sub; return false;
    case EV_sub_remove: to.sub = reinterpret_cast<const ev_sub_remove&>(h).sub; return false;
    case EV_sub_remove_ret: to.sub = reinterpret_cast<const ev_sub_remove_ret&>(h).sub; return false;
    default: return false;
  }
}

const Paths* Driver::paths_named(std::string_view name, uint32_t driver) {
  const model::Profile* p = name.empty() ? nullptr : model::profile_named(name);
  if (!p) return nullptr;
  const bool reference = driver == MS_driver_reference;
  auto& paths = compiled_[{p->name, reference}];
  if (!paths) paths = std::make_unique<Paths>(reference ? as_reference(*p) : *p);
  return paths.get();
}

std::string_view Driver::name_of(const ev_dev_ctx& e) const {
  if (only_) return only_->name;
  // hooks of the drivers in the kernel say less than their profiles do
  if (e.driver != MS_driver_model && e.driver != MS_driver_reference) return {};
  const auto span = spans_.find(e.sub);
  const bool part = e.driver == MS_driver_reference && span != spans_.end() && span->second.second - span->second.first < 1ull << 46;
  const std::string_view name = profile_like(e, !part);
  const model::Profile* p = name.empty() ? nullptr : model::profile_named(name);
  return p ? p->name : std::string_view{};
}

void Driver::keep_span(const ev_header& h) {
  if (h.id != EV_sub_insert_ret) return;
  const auto& e = reinterpret_cast<const ev_sub_insert_ret&>(h);
  spans_[e.sub] = {e.start, e.last};
}

void Driver::learn(const ev_header& h) {
  keep_span(h);
  About a;
  const bool hooks = about(h, a);
  if (hooks && a.driver != MS_driver_model) modelled_ = false;
  if (hooks && a.ctx && a.sub) sub_ctx_.try_emplace(a.sub, a.ctx);
  if (h.id == EV_dev_ctx) learnt_[a.ctx] = name_of(reinterpret_cast<const ev_dev_ctx&>(h));
  if (h.id != EV_lock) return;
  const auto& e = reinterpret_cast<const ev_lock&>(h);
  const auto name = learnt_.find(e.ctx);
  if (e.kind < 32) locks_[only_ ? only_->name : name == learnt_.end() ? std::string_view{} : name->second].set(e.kind);
}

Driver::Ctx& Driver::ctx_of(uint64_t ptr, const ev_header& h, uint32_t driver) {
  auto [at, made] = ctxs_.try_emplace(ptr);
  Ctx& c = at->second;
  if (made) {
    order_.push_back(ptr);
    c.ctx = ptr;
    c.mm = h.mm;
    c.driver = driver;
    if (only_) c.paths = paths_named(only_->name, driver);
  }
  return c;
}

Driver::Ctx* Driver::of_sub(uint64_t sub) {
  const auto to = sub_ctx_.find(sub);
  if (to == sub_ctx_.end()) return nullptr;
  const auto c = ctxs_.find(to->second);
  return c == ctxs_.end() ? nullptr : &c->second;
}

void Driver::retire(Ctx& c) {
  if (c.paths && c.replayed.steps) past_.push_back({c.ctx, c.mm, c.paths->profile().name, c.replayed});
  c.replayed = {};
}

void Driver::introduce(const ev_dev_ctx& e) {
  Ctx& c = ctx_of(e.ctx, e.h, e.driver);
  retire(c);
  c.mm = e.h.mm;
  c.owner = e.owner;
  c.paths = paths_named(name_of(e), e.driver);
  c.sub = e.sub;
  if (e.sub) sub_ctx_[e.sub] = e.ctx;
  c.in_flight.clear();
  c.since = e.h.time;
  c.index = 0;
  if (too_many_objects()) return;
  for (const auto& [ptr, other] : ctxs_)
    if (ptr != e.ctx && other.mm == c.mm && other.paths == c.paths) ++c.index;
}

// A notifier where another was, or where the whole trace knows one, is somebody's when that is said: its callbacks may come before.
void Driver::inserted(uint64_t sub) {
  if (modelled_) return;
  if (const Ctx* c = of_sub(sub); !c || c->sub != sub) sub_ctx_.erase(sub);
}

void Driver::gone(const ev_dev_ctx_end& e) {
  const auto c = ctxs_.find(e.ctx);
  if (modelled_ || c == ctxs_.end()) return;
  if (const auto at = sub_ctx_.find(c->second.sub); at != sub_ctx_.end() && at->second == e.ctx) sub_ctx_.erase(at);
  c->second.sub = 0;
  // what is said of this address before the next dev_ctx is of an object that nobody has introduced
  retire(c->second);
  if (!only_) c->second.paths = nullptr;
}

// What the device ends must have begun.
void Driver::device(const ev_header& h) {
  if (h.id == EV_dma_begin) {
    const auto& e = reinterpret_cast<const ev_dma_begin&>(h);
    Ctx& c = ctx_of(e.ctx, h, e.driver);
    if (c.in_flight.size() == kMostInFlight) {
      c.in_flight.clear();
      c.since = 0;
    }
    c.in_flight.push_back({e.start, e.end, now_, h.time});
  } else if (h.id == EV_dma_end) {
    const auto& e = reinterpret_cast<const ev_dma_end&>(h);
    Ctx& c = ctx_of(e.ctx, h, e.driver);
    auto& open = c.in_flight;
    const auto a = std::find_if(open.begin(), open.end(), [&](const Access& o) { return o.start == e.start && o.end == e.end; });
    if (a != open.end()) open.erase(a);
    else if (c.paths && c.since) diverge(h, c.ctx, c.since, "the end of an access that has begun", "dma_end");
  }
}

// An access that began after the task's last record may have begun behind the moment when there was none.
bool Driver::at_rest(const Place& p, unsigned device, uint64_t lo, uint64_t hi) const {
  const auto of = ctxs_.find(p.ctx);
  if (too_many_objects()) return true;
  for (const auto& [ptr, c] : ctxs_) {
    if (c.paths != p.paths || (of != ctxs_.end() && c.mm != of->second.mm)) continue;
    const size_t devices = p.paths->profile().driver.devices.size();
    if (devices > 1 ? c.index != device : of != ctxs_.end() && ptr != p.ctx) continue;
    for (const Access& a : c.in_flight)
      if (a.begun < p.before && a.start < hi && lo < a.end) return false;
  }
  return true;
}

std::vector<Driver::Object> Driver::objects() const {
  std::vector<Object> all = past_;
  for (uint64_t ptr : order_) {
    const Ctx& c = ctxs_.at(ptr);
    all.push_back({ptr, c.mm, c.paths ? c.paths->profile().name : std::string_view{}, c.replayed});
  }
  return all;
}

}  // namespace mirrorscope::conform
