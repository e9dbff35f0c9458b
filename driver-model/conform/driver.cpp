// SPDX-License-Identifier: Apache-2.0
// Which place of which task a record is about, and what becomes of it.
#include "driver-model/conform/driver.h"

#include <algorithm>

#include "schema/catalog.h"

namespace mirrorscope::conform {

namespace {
// What a driver's life has besides its faults, jobs and callbacks: the profiles begin when it is set up.
bool of_its_life(uint16_t id) {
  switch (id) {
    case EV_sub_insert: case EV_sub_insert_ret: case EV_sub_remove: case EV_sub_remove_ret: case EV_dev_unmap: case EV_reg:
    case EV_dereg: case EV_dev_ctx_end:
      return true;
    default: return false;
  }
}
// Said beside what is done: no step of a program.
bool beside(uint16_t id) {
  switch (id) {
    case EV_dev_ctx: case EV_dev_fault: case EV_dev_fault_ret: case EV_dev_flush_submit: case EV_dev_flush_done: case EV_dma_end:
    case EV_job_end: case EV_page_hold: case EV_page_release: case EV_reg_hit:
      return true;
    default: return false;
  }
}
// Kernel functions that others call too: without an object in their record.
bool of_anybody(uint16_t id) {
  switch (id) {
    case EV_pin: case EV_pin_ret: case EV_unpin: case EV_unpin_ret: case EV_migrate_setup: case EV_migrate_setup_ret: case EV_migrate_pages:
    case EV_migrate_pages_ret: case EV_migrate_finalize: case EV_migrate_finalize_ret:
      return true;
    default: return false;
  }
}
bool any_idle(const std::vector<Walk>& walks) { return std::any_of(walks.begin(), walks.end(), [](const Walk& w) { return w.idle(); }); }
}  // namespace

Driver::Driver(const model::Profile* profile) : only_(profile) {}

Driver::Place& Driver::place_of(Task& t, const Paths& paths) {
  for (size_t i = t.callbacks.size(); i-- > 0;)
    if (t.callbacks[i].paths == &paths) return t.callbacks[i];
  for (Place& p : t.outside)
    if (p.paths == &paths) return p;
  Place& p = t.outside.emplace_back();
  p.paths = &paths;
  if (!gaps_) p.walks = paths.idle();
  return p;
}

Scene Driver::scene_of(const Place& p) const {
  Scene s = p.scene;
  s.modelled = modelled_;
  if (const auto kinds = locks_.find(p.paths->profile().name); kinds != locks_.end()) s.locks = kinds->second;
  s.at_rest = [this, &p](unsigned device, uint64_t lo, uint64_t hi) { return at_rest(p, device, lo, hi); };
  const auto& devices = p.paths->profile().driver.devices;
  s.is_device = [this, &devices](unsigned device, uint64_t ctx) {
    const auto c = ctxs_.find(ctx);
    return devices.size() < 2 || c == ctxs_.end() || c->second.index == device;
  };
  s.owner = [this, &p, &devices](unsigned owner) -> uint64_t {
    if (too_many_objects()) return 0;
    for (const auto& [ptr, c] : ctxs_)
      if (c.paths == p.paths && c.index < devices.size() && devices[c.index].owner == owner) return c.owner;
    return 0;
  };
  return s;
}

void Driver::diverge(const ev_header& h, uint64_t ctx, uint64_t since, std::string allowed, std::string recorded) {
  Divergence d;
  d.half = Half::driver;
  d.at = EventRef::of(h);
  d.tid = h.tid;
  d.mm = h.mm;
  d.object = ctx;
  d.since = since;
  d.allowed = std::move(allowed);
  d.recorded = std::move(recorded);
  divergences_.push_back(std::move(d));
  if (auto c = ctxs_.find(ctx); c != ctxs_.end()) {
    ++c->second.replayed.divergences;
    ++c->second.replayed.stretches;
  }
}

// What a place contradicts: its own past, and accesses that it may have waited for. Those are not held against anybody twice.
uint64_t Driver::since(const Place& p) {
  uint64_t first = p.since;
  if (auto c = ctxs_.find(p.ctx); c != ctxs_.end()) {
    for (const Access& a : c->second.in_flight) first = std::min(first, a.time);
    c->second.in_flight.clear();
    c->second.since = 0;
  }
  return first;
}

void Driver::ask(const ev_header& h, Place& p, Ctx* c) {
  if (c) p.ctx = c->ctx;
  Replayed* count = nullptr;
  if (auto of = ctxs_.find(p.ctx); of != ctxs_.end()) count = &of->second.replayed;
  const Scene scene = scene_of(p);
  const bool known = !p.walks.empty();
  if (!work_left_) {  // many places for many records: not followed
    if (count) ++(known ? count->stretches : count->unknown);
    p.walks.clear();
    p.before = now_;
    return;
  }
  const bool outside = !p.scene.callback;
  // of a task of which nothing is known, any place where the record fits
  const std::vector<Walk> at = !known && outside ? p.paths->anywhere() : p.paths->spread(p.walks, scene, h);
  work_left_ -= std::min<uint64_t>(work_left_, 1 + at.size());
  std::vector<Walk> to;
  if (p.paths->has(h.id)) to = p.paths->take(at, scene, h);
  if (outside && any_idle(at)) {
    if (modelled_ ? known && to.empty() && !p.paths->has(h.id) : of_its_life(h.id)) to.push_back(Walk{});
  }
  if (to.empty() && of_anybody(h.id) && !modelled_) return;  // another's
  if (!known) p.since = h.time;
  if (to.empty() && known && !at.empty()) {
    diverge(h, p.ctx, since(p), p.paths->expected(at, scene), std::string(event_info(h.id)->name));
    p.walks.clear();
  } else {
    if (count) ++(known || !to.empty() ? count->steps : count->unknown);
    if (count && known && to.empty()) ++count->stretches;  // too many places
    p.walks = std::move(to);
  }
  p.before = now_;
}

void Driver::follow(const ev_header& h, const Paths& paths, Ctx* c) {
  if (beside(h.id) || (!modelled_ && h.id == EV_dev_ctx_end)) return;
  // whoever gives the last page back lets device memory go
  if (!modelled_ && h.id == EV_devmem) {
    const uint32_t verb = reinterpret_cast<const ev_devmem&>(h).verb;
    if (verb == MS_devmem_verb_put || verb == MS_devmem_verb_released || verb == MS_devmem_verb_evicted) return;
  }
  Task& t = task_of(h);
  // a callback that has begun before its object was said: a notifier can be called as soon as it is inserted
  for (const Place& p : t.callbacks)
    if (c && !p.paths && of_sub(p.sub) == c) return;
  ask(h, place_of(t, paths), c);
}

void Driver::callback_entered(const ev_cb_enter& e) {
  Ctx* c = of_sub(e.sub);
  Task& t = task_of(e.h);
  if (t.callbacks.size() == kMostNested) t = {};
  Place& p = t.callbacks.emplace_back();
  p.sub = e.sub;
  if (!c || !c->paths) return;
  p.paths = c->paths;
  p.ctx = c->ctx;
  p.cur_seq = e.cur_seq;
  p.since = e.h.time;
  p.before = now_;
  p.scene.callback = true;
  p.scene.blockable = e.flags & 1;
  p.scene.reason = e.reason;
  p.scene.owned = e.owner != 0;
  p.walks = p.paths->callback(std::max(e.start, e.sub_start), std::min<uint64_t>(e.end, e.sub_last + 1), false);
  ++c->replayed.steps;
}

void Driver::callback_returned(const ev_cb_ret& e) {
  Task& t = task_of(e.h);
  while (!t.callbacks.empty() && t.callbacks.back().sub != e.sub) t.callbacks.pop_back();
  if (t.callbacks.empty()) {  // its entry is missing: its records were taken for those of something else
    for (Place& p : t.outside) p.walks.clear();
    return;
  }
  Place& p = t.callbacks.back();
  if (!p.walks.empty()) {
    const Scene scene = scene_of(p);
    const std::vector<Walk> at = p.paths->spread(p.walks, scene, e.h);
    const Walk::Over over = e.ret ? Walk::returned_true : Walk::returned_false;
    const bool may = std::any_of(at.begin(), at.end(), [&](const Walk& w) {
      return w.over == over && (!w.stored || e.sub_seq == e.cur_seq) && w.later == (e.finish != 0);
    });
    if (auto c = ctxs_.find(p.ctx); c != ctxs_.end()) ++c->second.replayed.steps;
    const bool returns = std::any_of(at.begin(), at.end(), [&](const Walk& w) { return w.over == over; });
    if (!may && !at.empty())
      diverge(e.h, p.ctx, since(p), returns ? "sub_seq " + std::to_string(e.cur_seq) + " behind mmu_interval_set_seq()" : p.paths->expected(at, scene),
              returns ? "sub_seq " + std::to_string(e.sub_seq) : std::string(e.ret ? "return" : "refuse"));
  }
  t.callbacks.pop_back();
}

Driver::Task& Driver::task_of(const ev_header& h) {
  if (tasks_.size() >= kMostTasks && !tasks_.contains(task_key(h))) {
    tasks_.clear();
    gaps_ = true;
  }
  return tasks_[task_key(h)];
}

void Driver::step(const ev_header& h) {
  ++now_;
  work_left_ = std::min(work_left_ + kWorkPerRecord, kMostSaved);
  keep_span(h);
  switch (h.id) {
    case EV_sub_insert_ret: inserted(reinterpret_cast<const ev_sub_insert_ret&>(h).sub); break;
    case EV_dev_ctx: introduce(reinterpret_cast<const ev_dev_ctx&>(h)); return;
    case EV_cb_enter: callback_entered(reinterpret_cast<const ev_cb_enter&>(h)); return;
    case EV_cb_ret: callback_returned(reinterpret_cast<const ev_cb_ret&>(h)); return;
    default: break;
  }
  if (of_anybody(h.id)) {
    std::vector<const Paths*> all;
    for (const auto& [name, paths] : compiled_)
      if (paths->has(h.id)) all.push_back(paths.get());
    for (const Paths* paths : all) follow(h, *paths, nullptr);
    return;
  }
  About a;
  const bool hooks = about(h, a);
  if (!hooks && !a.sub) return;
  Ctx* c = hooks ? &ctx_of(a.ctx, h, a.driver) : of_sub(a.sub);
  if (c && c->paths) follow(h, *c->paths, c);
  device(h);
  if (h.id == EV_dev_ctx_end) gone(reinterpret_cast<const ev_dev_ctx_end&>(h));
}

void Driver::forget() {
  gaps_ = true;
  for (auto& [ptr, c] : ctxs_) {
    c.in_flight.clear();
    c.since = 0;
    ++c.replayed.stretches;
  }
  tasks_.clear();
}

}  // namespace mirrorscope::conform
