// SPDX-License-Identifier: Apache-2.0
// Which records a profile's instructions make, where its programs begin, and what may come next.
#include "driver-model/conform/paths.h"

#include <algorithm>
#include <set>

#include "schema/catalog.h"

namespace mirrorscope::conform {

using model::Instr;
using model::Op;
using model::Says;

namespace {
uint16_t said(Says what) {
  switch (what) {
    case Says::fault: return EV_dev_fault;
    case Says::fault_done: return EV_dev_fault_ret;
    case Says::reg: return EV_reg;
    case Says::pin_account: return EV_pin_account;
    case Says::dereg: return EV_dereg;
    case Says::reg_hit: return EV_reg_hit;
    case Says::revalidated:
    case Says::not_revalidated: return EV_revalidate;
    case Says::job_begin: return EV_job_begin;
    case Says::quiesce: return EV_quiesce;
    case Says::resume: return EV_resume;
    case Says::svm_range: return EV_svm_range;
    case Says::devmem: return EV_devmem;
    case Says::ctx_end: return EV_dev_ctx_end;
    case Says::buf_move: return EV_buf_move;
    case Says::buf_move_done: return EV_buf_move_ret;
    case Says::hole: return EV_dev_hole;
    default: return 0;  // job_end is the device's; caches of user space are no driver's
  }
}
}  // namespace

Makes makes(const Instr& in) {
  switch (in.op) {
    case Op::lock: case Op::lock_read: case Op::trylock: return {in.a == model::mmap_lock ? uint16_t{0} : uint16_t{EV_lock}, 0};
    case Op::unlock: return {in.a == model::mmap_lock ? uint16_t{0} : uint16_t{EV_unlock}, 0};
    case Op::sub_insert: return {EV_sub_insert, EV_sub_insert_ret};
    case Op::sub_remove: return {EV_sub_remove, EV_sub_remove_ret};
    case Op::read_begin: return {EV_read_begin, EV_read_begin_ret};
    case Op::if_retry: return {EV_revalidate, 0};
    case Op::range_fault: return {EV_range_fault, EV_range_fault_ret};
    case Op::pin: if (in.d & model::reference) return {}; return {EV_pin, EV_pin_ret};
    case Op::unpin: if (in.d & model::reference) return {}; return {EV_unpin, EV_unpin_ret};
    case Op::migrate_setup: return {EV_migrate_setup, 0};
    case Op::migrate_setup_done: return {EV_migrate_setup_ret, 0};
    case Op::migrate_pages: return {EV_migrate_pages, EV_migrate_pages_ret};
    case Op::migrate_finalize: return {EV_migrate_finalize, EV_migrate_finalize_ret};
    case Op::migrate_copy: return {in.a ? uint16_t{EV_copy_begin} : uint16_t{EV_copy_end}, 0};
    case Op::dev_map: case Op::dev_downgrade: case Op::translate: return {EV_dev_map, 0};
    case Op::dev_unmap: case Op::dev_zap: return {EV_dev_unmap, 0};
    case Op::dma_begin: return {EV_dma_begin, 0};
    case Op::driver_record: return {said(static_cast<Says>(in.a)), 0};
    default: return {};
  }
}

Paths::Paths(model::Profile profile)
    : profile_(std::move(profile)), model_(model::model_of(profile_, profile_.scenarios.front(), nullptr)), own_(profile_.driver.programs.size()) {
  find_roots();
  find_alphabet();
  find_anywhere();
}

// Programs that a thread runs, and those of which a thread's program is put together. What only callbacks call begins nowhere else.
void Paths::find_roots() {
  auto index = [&](std::string_view name) {
    for (size_t i = 0; i < model_.programs.size(); ++i)
      if (model_.programs[i].name == name) return static_cast<int>(i);
    return -1;
  };
  auto add = [](std::vector<uint8_t>& to, int program) {
    const auto p = static_cast<uint8_t>(program);
    if (program >= 0 && std::find(to.begin(), to.end(), p) == to.end()) to.push_back(p);
  };
  for (const model::SubDef& d : profile_.driver.subs) {
    add(callbacks_, index(d.invalidate));
    if (!d.finish.empty()) add(finishes_, index(d.finish));
  }
  for (const model::Scenario& s : profile_.scenarios)
    for (const model::ThreadDef& t : s.threads) add(roots_, index(t.program));
  for (size_t i = 0; i < roots_.size(); ++i)
    for (const Instr& in : model_.programs[roots_[i]].code)
      if (in.op == Op::call && in.target < own_) add(roots_, in.target);
  std::erase_if(roots_, [&](uint8_t p) { return p >= own_; });
  to_ram_ = index("migrate_to_ram");
  if (to_ram_ >= static_cast<int>(own_)) to_ram_ = -1;
  if (to_ram_ >= 0) add(roots_, to_ram_);
}

void Paths::find_alphabet() {
  for (const auto& program : model_.programs) {
    const bool own = static_cast<size_t>(&program - model_.programs.data()) < own_;
    if (!own && !program.name.starts_with("migrate_vma")) continue;
    for (const Instr& in : program.code) {
      const Makes m = makes(in);
      if (m.event == EV_lock) lock_kinds_.set(model_.lock_kinds[in.a]);
      if (m.event) alphabet_.set(m.event);
      if (m.ret) alphabet_.set(m.ret);
    }
  }
  // both halves of a lock, whatever the programs have of them
  if (alphabet_.test(EV_lock)) alphabet_.set(EV_unlock);
}

// What records would decide is left open, and what they must say is not asked: only the frames count.
void Paths::find_anywhere() {
  std::set<Walk> met;
  auto add = [&](Walk w) {
    w.ret = Walk::kUnknown;
    w.tok[0] = w.tok[1] = 0;
    w.exact = w.stored = w.later = w.pins = w.mmap = false;
    w.over = Walk::running;
    if (met.insert(w).second) anywhere_.push_back(w);
  };
  add(Walk{});
  for (uint8_t p : callbacks_) {
    Walk w;
    w.depth = 1;
    w.frame[0] = {p, 0, 0};
    add(w);
  }
  Scene open;
  open.modelled = false;
  open.at_rest = [](unsigned, uint64_t, uint64_t) { return true; };
  const ev_header none{};
  std::vector<Walk> steps;
  for (size_t i = 0; i < anywhere_.size(); ++i) {
    const Walk w = anywhere_[i];
    steps.clear();
    for (const bool blockable : {true, false}) {
      open.blockable = blockable;
      silent(w, open, none, steps);
    }
    if (w.depth) {
      const Instr& in = at(w);
      Walk::Frame& f = steps.emplace_back(w).frame[w.depth - 1u];
      if (f.phase < 2 && makes(in).event) ++f.phase;
      Walk behind = w;
      behind.frame[w.depth - 1u] = {f.program, static_cast<uint8_t>(w.frame[w.depth - 1u].pc + 1), 0};
      const bool leaves = in.op == Op::end || in.op == Op::ret_true || in.op == Op::ret_false || in.op == Op::jump;
      if (!leaves) steps.push_back(behind);
      if (in.op == Op::if_retry) {
        behind.frame[w.depth - 1u].pc = in.target;
        steps.push_back(behind);
      }
    }
    for (const Walk& step : steps) add(step);
    if (anywhere_.size() > 20'000) return;  // far more than any profile has
  }
}

std::vector<Walk> Paths::callback(uint64_t lo, uint64_t hi, bool finish) const {
  std::vector<Walk> walks;
  for (uint8_t p : finish ? finishes_ : callbacks_) {
    Walk w;
    w.depth = 1;
    w.frame[0] = {p, 0, 0};
    w.lo = w.cover = lo;
    w.hi = hi;
    w.exact = true;
    walks.push_back(w);
  }
  return walks;
}

std::vector<Walk> Paths::spread(const std::vector<Walk>& from, const Scene& scene, const ev_header& next) const {
  constexpr size_t kMost = 2048;
  std::set<Walk> met(from.begin(), from.end());
  std::vector<Walk> all(met.begin(), met.end()), steps;
  for (size_t i = 0; i < all.size(); ++i) {
    steps.clear();
    silent(Walk(all[i]), scene, next, steps);
    for (Walk& w : steps)
      if (met.insert(w).second) all.push_back(w);
    if (all.size() > kMost) return {};
  }
  return all;
}

std::vector<Walk> Paths::take(const std::vector<Walk>& from, const Scene& scene, const ev_header& r) const {
  std::vector<Walk> all;
  for (const Walk& w : from)
    if (w.depth) record(w, scene, r, all);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string Paths::expected(const std::vector<Walk>& places, const Scene& scene) const {
  std::set<std::string> names;
  for (const Walk& w : places) {
    if (w.over != Walk::running) names.insert(w.over == Walk::returned_true ? "return" : "refuse");
    if (!w.depth) {
      if (!scene.callback) names.insert("begin another program");
      continue;
    }
    const Instr& in = at(w);
    const Makes m = makes(in);
    if (!m.event || (may_be_silent(in, scene) && m.event != EV_lock && m.event != EV_unlock)) continue;
    const uint16_t event = w.frame[w.depth - 1u].phase && m.ret ? m.ret : m.event;
    const std::string& program = model_.programs[w.frame[w.depth - 1u].program].name;
    names.insert(std::string(event_info(event)->name) + (in.tag.empty() ? "" : " \"" + std::string(in.tag) + "\"") + " of " + program);
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", or ") + name;
  return text.empty() ? "nothing before something else has happened" : text;
}

}  // namespace mirrorscope::conform
