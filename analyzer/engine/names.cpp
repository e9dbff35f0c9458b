// SPDX-License-Identifier: Apache-2.0
// How names are taken from about-records.
#include "analyzer/engine/names.h"

#include <algorithm>
#include <cstring>

#include "analyzer/words.h"
#include "schema/shown.h"

namespace mirrorscope {

void Names::learn(const ev_task_name& e) { tasks_[e.task] = shown_field(e.comm); }

void Names::learn(const ev_workload& e) {
  KnownProcess& p = processes_[e.process];
  p = {};
  p.ended = e.ended != 0;
  if (e.uid != UINT32_MAX) p.uid = e.uid;
  p.cgroup = shown_field(e.cgroup);
  p.exe = shown_field(e.exe);
  p.workload = workload_of({e.cgroup, strnlen(e.cgroup, sizeof e.cgroup)});
}

void Names::learn(const ev_symbol& e) {
  std::string name = shown_field(e.name);
  if (e.offset) name += "+" + hex(e.offset);
  if (e.module[0]) name += " [" + shown_field(e.module) + "]";
  symbols_[e.address] = std::move(name);
}

void Names::learn(const ev_stack& e) {
  const size_t depth = std::min<size_t>(e.depth, std::size(e.frame));
  stacks_[e.id].assign(std::begin(e.frame), std::begin(e.frame) + depth);
}

void Names::learn(const ev_probe_state& e) {
  if (e.fn) symbols_.try_emplace(e.fn, shown_field(e.function));
}

std::string Names::task(uint32_t tid) const {
  auto it = tasks_.find(tid);
  return it == tasks_.end() ? "?" : it->second;
}

const KnownProcess* Names::process(uint32_t tgid) const {
  const auto it = processes_.find(tgid);
  return it == processes_.end() ? nullptr : &it->second;
}

std::string Names::symbol(uint64_t address) const {
  auto it = symbols_.find(address);
  return it == symbols_.end() ? hex(address) : it->second;
}

std::vector<std::string> Names::stack(int32_t id) const {
  std::vector<std::string> frames;
  auto it = stacks_.find(id);
  if (it != stacks_.end())
    for (uint64_t address : it->second) frames.push_back(symbol(address));
  return frames;
}

}  // namespace mirrorscope
