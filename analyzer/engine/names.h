// SPDX-License-Identifier: Apache-2.0
// Who is behind a tid, an address or a stack id: what the trace itself says about names, as they can be shown (schema/shown.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schema/events.h"
#include "schema/workload.h"

namespace mirrorscope {

// Whose a process is. Texts can be shown; what the recorder could not learn is empty.
struct KnownProcess {
  bool ended = false;           // before the recorder could ask: nothing else is known
  std::optional<uint32_t> uid;  // the real one
  std::string cgroup, exe;
  Workload workload;
};

class Names {
 public:
  void learn(const ev_task_name& e);
  void learn(const ev_workload& e);
  void learn(const ev_symbol& e);
  void learn(const ev_stack& e);
  void learn(const ev_probe_state& e);

  // What a result says of an address that this process made up; the name can be shown.
  void learn(uint64_t address, std::string name) { symbols_.insert_or_assign(address, std::move(name)); }

  // "stress-ng"; "?" if the trace does not say.
  std::string task(uint32_t tid) const;
  // Null if the trace does not speak of it.
  const KnownProcess* process(uint32_t tgid) const;
  // "rxe_ib_invalidate_range [rdma_rxe]", "0x…" if the trace does not say.
  std::string symbol(uint64_t address) const;
  // Frames of a stack id, innermost first; empty if the trace does not say.
  std::vector<std::string> stack(int32_t id) const;

 private:
  std::unordered_map<uint32_t, std::string> tasks_;
  std::unordered_map<uint32_t, KnownProcess> processes_;
  std::unordered_map<uint64_t, std::string> symbols_;
  std::unordered_map<int32_t, std::vector<uint64_t>> stacks_;
};

}  // namespace mirrorscope
