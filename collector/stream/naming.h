// SPDX-License-Identifier: Apache-2.0
// Which tasks, processes, stacks and kernel functions the records speak of: each is named once, when it is first seen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/kernel/symbols.h"
#include "collector/stream/about.h"
#include "collector/stream/process_facts.h"

namespace mirrorscope {

class Naming {
 public:
  // The frames of a stack id, innermost first, at most MS_STACK_DEPTH; empty if the id is not known (any more).
  using ReadStack = std::function<std::vector<uint64_t>(int32_t id)>;
  // /proc/<tid>/comm; empty if the task is gone.
  using ReadName = std::function<std::string(uint32_t tid)>;
  // /proc/<tgid>.
  using ReadProcess = std::function<ProcessFacts(uint32_t tgid)>;
  Naming(About& about, Symbols* symbols, ReadStack read_stack, ReadName read_name, ReadProcess read_process);

  // Called for every record, so the usual case is two loads.
  void task(uint32_t tid, uint32_t tgid) {
    if (tid < known_tasks_.size() && !known_tasks_[tid]) new_task(tid, tgid);
  }
  void stack(int32_t id) {
    if (id >= 0 && static_cast<size_t>(id) < known_stacks_.size() && !known_stacks_[static_cast<size_t>(id)])
      new_stack(id);
  }
  void function(uint64_t address);

  // Names change at exec, processes move to other cgroups, and tids are used again: from time to time every task is
  // looked at anew at its next record.
  void look_again();

 private:
  void new_task(uint32_t tid, uint32_t tgid);
  void process(uint32_t tgid);
  void new_stack(int32_t id);

  About& about_;
  Symbols* symbols_;  // null: /proc/kallsyms shows no addresses
  ReadStack read_stack_;
  ReadName read_name_;
  ReadProcess read_process_;
  std::vector<bool> known_tasks_;   // by tid, up to pid_max
  std::vector<bool> known_processes_;  // by tgid
  std::vector<bool> known_stacks_;  // by id
  std::unordered_map<uint32_t, std::string> written_;
  std::unordered_map<uint32_t, ProcessFacts> facts_;
  std::unordered_set<uint64_t> functions_;
};

// What the kernel shows of a task: the name in /proc/<tid>/comm.
std::string comm_of(uint32_t tid);

}  // namespace mirrorscope
