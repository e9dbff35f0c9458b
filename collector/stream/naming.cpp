// SPDX-License-Identifier: Apache-2.0
// How names are found and written, in bounded memory.
#include "collector/stream/naming.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "bpf/shared.h"
#include "schema/workload.h"

namespace mirrorscope {

namespace {

constexpr size_t most_names = 16384;      // then all are forgotten and written again when seen
constexpr size_t most_functions = 65536;  // likewise
constexpr size_t most_stacks = 1 << 20;   // ids are below the map's size

size_t pid_limit() {
  size_t limit = 0;
  std::ifstream("/proc/sys/kernel/pid_max") >> limit;
  return limit ? limit : 4u << 20;
}

}  // namespace

Naming::Naming(About& about, Symbols* symbols, ReadStack read_stack, ReadName read_name, ReadProcess read_process)
    : about_(about),
      symbols_(symbols),
      read_stack_(std::move(read_stack)),
      read_name_(std::move(read_name)),
      read_process_(std::move(read_process)),
      known_tasks_(pid_limit() + 1),
      known_processes_(known_tasks_.size()),
      known_stacks_(most_stacks) {}

void Naming::new_task(uint32_t tid, uint32_t tgid) {
  known_tasks_[tid] = true;
  process(tgid);
  const std::string name = tid == 0 ? "swapper" : read_name_(tid);
  if (name.empty()) return;
  if (written_.size() >= most_names) written_.clear();
  std::string& written = written_[tid];
  if (written == name) return;
  written = name;
  ev_task_name e{};
  e.task = tid;
  e.process = tgid;
  set_text(e.comm, name);
  about_.add(EV_task_name, e.h);
}

void Naming::process(uint32_t tgid) {
  if (tgid == 0 || tgid >= known_processes_.size() || known_processes_[tgid]) return;
  known_processes_[tgid] = true;
  const ProcessFacts facts = read_process_(tgid);
  if (facts_.size() >= most_names) facts_.clear();
  const auto [known, is_new] = facts_.try_emplace(tgid, facts);
  // what was learned while it lived stays true of what it did
  if (!is_new && (facts.ended || known->second == facts)) return;
  known->second = facts;
  ev_workload e{};
  e.process = tgid;
  e.uid = facts.uid;
  e.ended = facts.ended;
  set_text(e.cgroup, end_of_path(facts.cgroup, sizeof e.cgroup - 1));
  set_text(e.exe, end_of_path(facts.exe, sizeof e.exe - 1));
  about_.add(EV_workload, e.h);
}

void Naming::look_again() {
  std::fill(known_tasks_.begin(), known_tasks_.end(), false);
  std::fill(known_processes_.begin(), known_processes_.end(), false);
}

void Naming::new_stack(int32_t id) {
  known_stacks_[static_cast<size_t>(id)] = true;
  const std::vector<uint64_t> frames = read_stack_(id);
  if (frames.empty()) return;
  ev_stack e{};
  e.id = id;
  e.depth = static_cast<uint32_t>(std::min<size_t>(frames.size(), std::size(e.frame)));
  for (uint32_t i = 0; i < e.depth; ++i) {
    e.frame[i] = frames[i];
    function(frames[i]);
  }
  about_.add(EV_stack, e.h);
}

void Naming::function(uint64_t address) {
  if (!symbols_ || address == 0) return;
  if (functions_.size() >= most_functions) functions_.clear();
  if (!functions_.insert(address).second) return;
  const auto symbol = symbols_->at(address);
  if (!symbol) return;
  ev_symbol e{};
  e.address = address;
  e.offset = symbol->offset;
  set_text(e.name, symbol->name);
  set_text(e.module, symbol->module);
  about_.add(EV_symbol, e.h);
}

std::string comm_of(uint32_t tid) {
  const std::string path = "/proc/" + std::to_string(tid) + "/comm";
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[32];
  const ssize_t n = read(fd, text, sizeof(text));
  close(fd);
  return n > 1 ? std::string(text, static_cast<size_t>(n) - 1) : std::string();
}

}  // namespace mirrorscope
