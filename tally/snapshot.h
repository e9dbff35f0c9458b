// SPDX-License-Identifier: Apache-2.0
// What was counted up to one moment: a row per process, kind of call and driver or reason. Plain values, filled by the collector.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "bpf/shared.h"
#include "tally/times.h"

namespace mirrorscope {

struct TallyRow {
  uint32_t tgid = 0;  // 0: nobody's (a kernel thread's work)
  uint32_t kind = 0;  // ms_tally_kind
  std::string what;  // "unmap"; "rxe_ib_invalidate_range [rdma_rxe]"; "to device"; empty if the kind has no detail
  std::string comm;  // of the process, as it can be shown (schema/shown.h)
  std::string cgroup;  // of the process, its path, byte for byte; empty: nobody asked for it, or it is not known
  uint64_t calls = 0;
  uint64_t refused = 0;
  uint64_t pages = 0;
  Times times;
  bool ended = false;  // the process has; this row is in no later tally

  auto key() const { return std::tie(tgid, kind, what, comm); }
};

struct Tally {
  uint64_t time = 0;  // CLOCK_MONOTONIC, ns
  std::vector<TallyRow> rows;
  std::map<uint32_t, uint64_t> pinned;  // bytes, by process: VmPin of /proc/PID/status, what RDMA and VFIO account
  uint64_t uncounted = 0;               // calls that found no room, at most
  uint64_t skipped = 0;                 // runs of programs that the kernel skipped
  size_t probes = 0, missing = 0;       // attached, and not given by this kernel

  uint64_t lost() const { return uncounted + skipped; }
  // What came between `before` and this; rows without calls in between are left out.
  Tally since(const Tally& before) const;
};

}  // namespace mirrorscope
